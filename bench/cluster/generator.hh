// Small packets through the director, as many as it takes, and how many a second arrive behind it.
//
//   client eth0 ── eth0 director eth1 ── eth0 server
//   generator                             counting sink
#pragma once

#include <cstdint>

#include "lab/lab.hh"

namespace lvx::bench {

struct Blast {
    std::uint64_t flows = 1;
    std::uint64_t packets = 0;   // to send at most
    double seconds = 1.0;        // to send for at most
    Endpoint target;             // what the packets are addressed to
};

struct Delivered {
    std::uint64_t sent = 0, arrived = 0;
    double seconds = 0;
    [[nodiscard]] double mpps() const { return seconds > 0 ? static_cast<double>(arrived) / seconds / 1e6 : 0; }
};

// With whatever forwards in the director's node.
[[nodiscard]] Result<Delivered> blast(const lab::Lab& lab, const Blast& what);
// With the bare XDP forwarder in it, attached for the time of the call.
[[nodiscard]] Result<Delivered> blast_through_bare_forward(const lab::Lab& lab, const Blast& what);

}  // namespace lvx::bench
