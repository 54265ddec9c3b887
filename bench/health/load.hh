// What the health bench asks of both checkers: so many real servers on loopback, each checked so often.
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

// 127.1.0.0 and on: all of them are this machine.
[[nodiscard]] inline Address server_address(std::uint32_t number) { return Address::v4(0x7f010000 + number); }

}  // namespace lvx::bench
