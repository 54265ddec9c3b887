#include "bfd/simulation.hh"

#include <gtest/gtest.h>

#include <cstdlib>

namespace lvx::bfd {
namespace {

// One seed again: LVX_SEED=… bfd_test --gtest_filter=Simulation.*
TEST(Simulation, what_must_hold_holds_for_every_seed) {
    const char* one = std::getenv("LVX_SEED");
    const std::uint64_t first = one == nullptr ? 1 : std::strtoull(one, nullptr, 10), last = one == nullptr ? 300 : first;
    SimulationResult sum;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        const SimulationResult result = simulate(seed, std::chrono::seconds(120));
        ASSERT_FALSE(result.finding) << *result.finding;
        sum.ups += result.ups;
        sum.downs += result.downs;
    }
    EXPECT_GT(sum.ups, last - first);  // the simulation does exercise it
    EXPECT_GT(sum.downs, (last - first) / 2);
}

}  // namespace
}  // namespace lvx::bfd
