// How long a director that stops may go on answering at least, whatever its timers say: the fence is counted in the
// kernel's ticks (two of 250 a second), and a shorter lease would run out between two renewals.
#pragma once

#include <chrono>

namespace lvx::model {

inline constexpr std::chrono::microseconds shortest_lease{8'000};

}  // namespace lvx::model
