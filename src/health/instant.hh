// The clock of the health machines: monotonic, given as an argument, so that a simulator may turn it.
#pragma once

#include <chrono>

namespace lvx::health {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Micros = std::chrono::microseconds;

}  // namespace lvx::health
