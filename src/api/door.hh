// What the HTTP door is bounded by, and how often each bound was reached.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lvx::api {

struct ServerLimits {
    std::size_t connections = 64;
    std::size_t followers = 16;                   // of those, waiting for news
    std::uint32_t header_bytes = 8 * 1024;
    std::uint64_t body_bytes = 64 * 1024 * 1024;  // a restore of some 200,000 lines
    std::chrono::milliseconds read_timeout{10'000};   // of one request, from its first byte
    std::chrono::milliseconds write_timeout{10'000};  // of one answer
    std::chrono::milliseconds idle_timeout{60'000};   // before the first byte of a request
};

// Since start; one counter for each bound.
struct ServerCounters {
    std::uint64_t accepted = 0, requests = 0;
    std::uint64_t too_many_connections = 0, too_many_followers = 0, header_too_large = 0, body_too_large = 0, bad_request = 0;
    std::uint64_t read_timeout = 0, write_timeout = 0, idle_timeout = 0;
    bool operator==(const ServerCounters&) const = default;
};

}  // namespace lvx::api
