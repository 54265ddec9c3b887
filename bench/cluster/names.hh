// What the ways to build a director are called in tables, drawings and targets.
#pragma once

#include <string_view>

namespace lvx::bench::names {

inline constexpr std::string_view bare = "bare XDP forward";
inline constexpr std::string_view plain = "plain forwarding";
inline constexpr std::string_view nftables = "nftables DNAT";
inline constexpr std::string_view haproxy = "HAProxy tcp";
inline constexpr std::string_view lvx_xdp = "lvx at XDP";
inline constexpr std::string_view lvx_tc = "lvx at tc";

}  // namespace lvx::bench::names
