// How large the tables are: what the operator asked for, defaults for the rest, and the bytes that costs.
#pragma once

#include "dataplane/dataplane.hh"

namespace lvx::dataplane {

inline constexpr std::uint64_t most_default_connections = std::uint64_t{1} << 20;
inline constexpr std::uint64_t least_default_connections = std::uint64_t{1} << 14;
inline constexpr std::uint64_t memory_share = 16;  // by default the connection table takes 1/16 of the memory at most
inline constexpr std::uint64_t most_connections = std::uint64_t{1} << 30;
inline constexpr std::uint32_t default_services = 1024;
inline constexpr std::uint32_t default_servers = 12288;  // 1,000 services of 10, and room to change them
inline constexpr std::uint32_t default_pool_words = 1u << 17;

struct Layout {
    std::uint64_t capacity = 0;
    std::uint32_t buckets = 0;
    std::uint32_t services = 0, servers = 0, pool_words = 0;  // of one set
    std::uint32_t nexthops = 0;
    std::uint32_t cpus = 0;
    bool operator==(const Layout&) const = default;
};

// ERANGE: a number no table can have.
[[nodiscard]] Result<Layout> layout(const Sizes& sizes, std::uint64_t memory_bytes, std::uint32_t cpus);

struct Memory {
    std::uint64_t total = 0, available = 0;  // bytes
};
// MemTotal and MemAvailable of /proc/meminfo.
[[nodiscard]] Memory machine_memory();

// What the kernel holds for all maps together, give or take a page for each.
[[nodiscard]] std::uint64_t bytes(const Layout& layout);

}  // namespace lvx::dataplane
