#include "vrrp/simulation.hh"

#include <gtest/gtest.h>

namespace lvx::vrrp {
namespace {

constexpr std::uint64_t stories = 1500;  // `./dev soak vrrp` tells very many more

TEST(Simulation, NeverHasTwoAnswerOutsideTheBound) {
    std::uint64_t takeovers = 0;
    for (std::uint64_t seed = 1; seed <= stories; ++seed) {
        const Story story = tell(seed);
        EXPECT_EQ(story.violation, "") << "reproduce: soak_vrrp --seed " << seed;
        takeovers += story.takeovers;
    }
    EXPECT_GT(takeovers, 2 * stories) << "the stories have become boring";
}

TEST(Simulation, TellsTheSameStoryAgain) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(tell(seed), tell(seed));
}

}  // namespace
}  // namespace lvx::vrrp
