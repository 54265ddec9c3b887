// The HMAC trailer of keepalived 2.4: made, and checked with its protection against replays.
//
//   type 1 | key id | 0 0 | seconds (4) | fraction (2) | counter (2) | first 16 bytes of HMAC-SHA256
//
// Summed: a block of 20 bytes (family 4 or 6, version, VRID, 0, source address padded to 16), the advert with checksum 0, the
// trailer with its HMAC as zeros.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "model/vrrp.hh"
#include "vrrp/wire.hh"

namespace lvx::vrrp {

using Trailer = std::array<std::uint8_t, trailer_bytes>;

// Of one advert: seconds and 1/65536 s of the wall clock (or of a counter), and a number that rises within them.
struct Stamp {
    std::uint32_t seconds = 0;
    std::uint16_t fraction = 0, counter = 0;
    auto operator<=>(const Stamp&) const = default;
};

[[nodiscard]] Trailer seal(std::span<const std::uint8_t> advert, const Address& source, const model::HmacKey& key, const Stamp& stamp);

using WallTime = std::chrono::system_clock::time_point;
[[nodiscard]] Stamp stamp_of(WallTime now, std::uint16_t counter);

// What was last accepted from each sender: bounded, the number of senders of one VRID on a link is small.
struct SealMemory {
    static constexpr std::size_t senders_limit = 64;
    std::map<Address, Stamp> last;
};

// nullopt: it holds.  Remembers the stamp then.
[[nodiscard]] std::optional<Refusal> check_seal(std::span<const std::uint8_t> advert, std::span<const std::uint8_t> trailer,
                                                const Address& source, const model::Hmac& settings, std::chrono::seconds window,
                                                WallTime now, SealMemory& memory);

// time_window, or max(3 advertisement intervals, 5 s).
[[nodiscard]] std::chrono::seconds window_of(const model::VrrpInstance& instance);

}  // namespace lvx::vrrp
