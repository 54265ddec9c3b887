// What the health bench asks of both checkers: so many real servers behind a cable, each checked so often.
//
//   checker, CPU 0 ── veth ── responder, CPU 1
//
// The two ends are network namespaces of their own, and RPS has each end's packets received on its own CPU: without it
// the sender's CPU does the receiver's work, and the servers' half of every handshake would count as the checker's.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.hh"

namespace lvx::bench {

enum class Kind : std::uint8_t { tcp, http };

struct Load {
    std::string name;
    Kind kind = Kind::tcp;
    std::uint32_t servers = 0;
    std::uint32_t period_s = 1;   // delay_loop, and warm-up
};

inline constexpr Port responder_port = 18080;
inline constexpr std::uint32_t servers_per_pool = 1000;

inline constexpr int checker_cpu = 0, responder_cpu = 1;

// 10.65.0.0/16: all of them are the responder.
[[nodiscard]] inline Address server_address(std::uint32_t number) { return Address::v4(0x0a410000 + number); }

}  // namespace lvx::bench
