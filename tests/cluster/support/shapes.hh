// Laboratories of other shapes than the classic one; addresses and names of client, director and servers are the same.
#pragma once

#include "lab/topology.hh"

namespace lvx::cluster {

// One segment for all: the director has one device and sends frames back out of it.
//
//   client ──┐
//   director ┼── switch       192.168.88.0/24 and 10.0.0.0/24 on the same wire
//   servers ─┘
[[nodiscard]] lab::Topology one_armed(lab::Offload offload);

// A narrow wire on either side, in the middle of the way, where neither end sees it:
//
//   client ── edge1 ═1300═ edge2 ── director ── core1 ═1300═ core2 ── server1
//             192.168.87  172.16.1  192.168.88  10.0.9   172.16.2   10.0.0
[[nodiscard]] lab::Topology narrow(lab::Offload offload);

inline constexpr std::uint32_t narrow_mtu = 1300;

}  // namespace lvx::cluster
