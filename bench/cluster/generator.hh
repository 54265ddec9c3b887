// Small packets through the director, as many as it takes, and how many a second arrive behind it.
//
//   client eth0 ── eth0 director eth1 ── eth0 server
//   generator                             counting sink
#pragma once

#include <cstdint>

#include "lab/lab.hh"

namespace lvx::bench {

// One system call makes all frames, on one CPU, which carries them to the sink as well.
struct Blast {
    std::uint64_t flows = 1;
    std::uint32_t packets = 0;
    Endpoint target;  // what the packets are addressed to
};

struct Delivered {
    std::uint64_t sent = 0, arrived = 0;
    double rate = 0;  // of sending, packets a second
    [[nodiscard]] double mpps() const {
        return sent == 0 ? 0 : rate / 1e6 * static_cast<double>(arrived) / static_cast<double>(sent);
    }
};

// With whatever forwards in the director's node.
[[nodiscard]] Result<Delivered> blast(const lab::Lab& lab, const Blast& what);
// With the bare XDP forwarder in it, attached for the time of the call.
[[nodiscard]] Result<Delivered> blast_through_bare_forward(const lab::Lab& lab, const Blast& what);

}  // namespace lvx::bench
