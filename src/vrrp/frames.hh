// Ethernet frames that tell a segment where an address is now: gratuitous ARP (RFC 5944, 4.6: a request whose sender and
// target are the address) and unsolicited neighbour advertisements (RFC 4861, 4.4).  Bytes only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/address.hh"

namespace lvx::vrrp {

using Mac = std::array<std::uint8_t, 6>;
using Frame = std::vector<std::uint8_t>;

[[nodiscard]] Frame gratuitous_arp(const Mac& sender, const Address& address);

// Override is set; Router tells whether this machine forwards IPv6, as RFC 4861 wants.
enum class Role : std::uint8_t { host, router };
[[nodiscard]] Frame unsolicited_advertisement(const Mac& sender, const Address& address, Role role);

[[nodiscard]] Frame announcement(const Mac& sender, const Address& address, Role role);

// 00:00:5e:00:01:VRID and 00:00:5e:00:02:VRID (RFC 9568, 7.3).
[[nodiscard]] Mac virtual_mac(Family family, std::uint8_t vrid);

}  // namespace lvx::vrrp
