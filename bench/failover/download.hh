// A download of a gigabyte through a pair of directors, with a failover now and then: does every byte arrive, in order?
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/address.hh"
#include "base/result.hh"
#include "lab/process.hh"

namespace lvx::bench {

inline constexpr std::uint64_t gigabyte = 1'000'000'000;

// Sends `gigabyte` bytes of one fixed stream to whoever connects, until killed.  `listener`: of lab::listen_on().
[[nodiscard]] int serve_stream(int listener);
[[nodiscard]] std::string expected_digest();

struct Download {
    std::uint64_t bytes = 0;
    std::string digest;       // SHA-256, hexadecimal
    double seconds = 0;
};
// Takes what comes at `bytes_per_second` at most, and tells `progress` how much there is after each piece.
[[nodiscard]] Result<Download> fetch_stream(int network_namespace, const Endpoint& server, std::uint64_t bytes_per_second,
                                            const std::function<void(std::uint64_t)>& progress);

}  // namespace lvx::bench
