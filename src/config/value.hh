// Words as values: each function gives the value, or the diagnostic that says why there is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "base/address.hh"
#include "config/diagnostic.hh"
#include "config/keyword.hh"
#include "config/tree.hh"

namespace lvx::config {

template <class T>
using Read = std::expected<T, Diagnostic>;

[[nodiscard]] Read<std::int64_t> read_number(const Keyword& keyword, const Word& word);
[[nodiscard]] Read<std::chrono::microseconds> read_seconds(const Keyword& keyword, const Word& word);
[[nodiscard]] Read<std::chrono::microseconds> read_milliseconds(const Keyword& keyword, const Word& word);
[[nodiscard]] Read<bool> read_flag(const Word& word);
[[nodiscard]] Read<Address> read_address(const Word& word);
[[nodiscard]] Read<Port> read_port(const Word& word);         // 1 to 65535
[[nodiscard]] Read<Port> read_service_port(const Word& word);  // of a virtual or real server: 0 too
// Mask or prefix length of the family: "255.255.255.0" and 24 for IPv4 (32 bits), 64 for IPv6.
[[nodiscard]] Read<std::uint8_t> read_prefix(const Word& word, Family family);
// One of `choices`, blanks between them.
[[nodiscard]] Read<std::string_view> read_choice(const Word& word, std::string_view choices);

// "${NAME:-default}" that nobody filled in: container images come with such templates, and keepalived runs with them.
[[nodiscard]] bool unfilled_template(std::string_view word);

[[nodiscard]] Diagnostic missing_argument(const Statement& statement, std::string_view what);
// "did you mean "X"?", or nothing.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lvx::config
