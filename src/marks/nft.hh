// Reads what "nft -n -j list ruleset" prints (libnftables-json(5)).  Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "marks/rules.hh"

namespace lvx::marks {

inline constexpr std::size_t set_limit = 16'384;  // elements of a set that a rule is followed into

// Tables of the families ip, ip6, inet and netdev in the order listed.  The error says where the text is none of nft's.
[[nodiscard]] std::expected<Ruleset, std::string> read_nft(std::string_view text);

}  // namespace lvx::marks
