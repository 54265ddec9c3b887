// How many jiffies this kernel counts a second, and how many jiffies make one tick of the connection table.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.hh"

namespace lvx::dataplane {

// The coarse clocks advance with the jiffies, so their resolution is the length of one.
[[nodiscard]] Result<std::uint32_t> kernel_hertz();

// `jiffy`: rounded to nanoseconds, as the kernel tells it.
[[nodiscard]] std::uint32_t hertz_of(std::chrono::nanoseconds jiffy);

// A tick is 2^shift jiffies: the power of two nearest to a second.
[[nodiscard]] std::uint32_t tick_shift(std::uint32_t hertz);

}  // namespace lvx::dataplane
