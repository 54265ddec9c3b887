// "host[:port]" as ipvsadm reads it, and its numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/ipvsadm/command.hh"

namespace lvx::config::ipvsadm {

struct HostPort {
    Address address;
    std::optional<Port> port;
};

// IPv4 in the C library's old forms too (octal, hexadecimal, fewer parts), "[v6]:port", bare IPv6, or a name.
// "[v6]" without a port and a host of digits only are refused, as by the real tool.
[[nodiscard]] std::optional<HostPort> read_host_port(std::string_view text, model::Protocol protocol, const Names& names);

// Decimal, blanks and a sign before it allowed, the whole text.
[[nodiscard]] std::optional<std::int64_t> read_number(std::string_view text, std::int64_t low, std::int64_t high);

// Dotted mask; nothing for one with holes, which the model cannot say.
[[nodiscard]] std::optional<std::uint8_t> read_v4_mask(std::string_view text);

}  // namespace lvx::config::ipvsadm
