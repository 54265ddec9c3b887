// How many jiffies this kernel counts a second, and how many jiffies make one tick of the connection table.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/result.hh"

namespace lvx::dataplane {

// The kernel starts its 64-bit jiffies at 2^32 - 300 * HZ and counts them while CLOCK_MONOTONIC runs, so one look at
// both tells HZ.  nullopt: no usual HZ fits.
[[nodiscard]] std::optional<std::uint32_t> hertz_from(std::uint64_t jiffies, std::chrono::nanoseconds monotonic);

// Asks the kernel with a small program of its own: the tables and programs are made with the answer.
[[nodiscard]] Result<std::uint32_t> kernel_hertz();

// A tick is 2^shift jiffies: the power of two nearest to a second from below or above.
[[nodiscard]] std::uint32_t tick_shift(std::uint32_t hertz);

}  // namespace lvx::dataplane
