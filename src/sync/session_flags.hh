// What a Session remembers of a slot beside its control word, in the word's spare bits (abi/connection.h: 40 to 47).
#pragma once

#include <cstdint>

namespace lvx::sync {

inline constexpr std::uint64_t known_told = std::uint64_t{1} << 40;   // we told the other side, under our slot's number
inline constexpr std::uint64_t known_heard = std::uint64_t{1} << 41;  // the other side told us
inline constexpr std::uint64_t known_mine = std::uint64_t{1} << 42;   // we told it last
inline constexpr std::uint64_t known_differs = std::uint64_t{1} << 43;  // it knows another state than is here
inline constexpr std::uint64_t known_flags = known_told | known_heard | known_mine | known_differs;

inline constexpr std::uint32_t nowhere = 0xffffffff;  // no slot

constexpr std::uint64_t word_of(std::uint64_t known) { return known & ~known_flags; }

// A connection's part of its region's digest.  Its state counts where only one side ever told it: where both did, they
// may differ for as long as two messages pass each other.
constexpr std::uint64_t digest_of(std::uint64_t identity, std::uint64_t known, std::uint64_t only) {
    const std::uint64_t state = known >> 32 & 0xf;
    const bool one_sided = (known & (known_told | known_heard)) == only;
    return identity * (one_sided ? 2 * state + 3 : 1);
}

}  // namespace lvx::sync
