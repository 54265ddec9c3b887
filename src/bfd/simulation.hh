// Two sessions and the link between them in simulated time: delays, losses, cuts, restarts, changes of parameters, all
// from one seed.  What must hold is checked at every step; a finding names the seed that shows it again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace lvx::bfd {

struct SimulationResult {
    std::optional<std::string> finding;  // what did not hold, and when
    std::uint64_t packets = 0, ups = 0, downs = 0;
};

[[nodiscard]] SimulationResult simulate(std::uint64_t seed, std::chrono::seconds length);

}  // namespace lvx::bfd
