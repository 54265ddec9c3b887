#include "health/passive_machine.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "health/test_pools.hh"

namespace lvx::health {
namespace {

using health::testing::at;
using namespace std::chrono_literals;

constexpr TrafficSample well = {.opened = 10, .in_packets = 60, .out_packets = 60};
constexpr TrafficSample refusing = {.opened = 10, .reset = 9, .in_packets = 10, .out_packets = 10};
constexpr TrafficSample mute = {.opened = 10, .in_packets = 30, .out_packets = 0};

std::vector<PassiveDecision> after(PassiveMachine& machine, const std::vector<TrafficSample>& samples, int seconds, Instant begin) {
    std::vector<PassiveDecision> all;
    for (int second = 0; second < seconds; ++second) {
        for (PassiveDecision& decision : machine.step(samples, begin + std::chrono::seconds(second))) all.push_back(std::move(decision));
    }
    return all;
}

TEST(PassiveMachine, a_server_that_refuses_or_keeps_silent_is_ejected_with_the_reason) {
    PassiveMachine machine(4);
    const auto decisions = after(machine, {well, refusing, well, well}, 2, at(0));
    ASSERT_EQ(decisions.size(), 1U);
    EXPECT_EQ(decisions[0], (PassiveDecision{1, "of 20 connections 0 got no answer, 18 were reset"}));
    PassiveMachine another(3);
    EXPECT_EQ(after(another, {well, well, mute}, 2, at(0)), (std::vector<PassiveDecision>{{2, "20 connections, no packet back"}}));
}

TEST(PassiveMachine, few_connections_prove_nothing) {
    PassiveMachine machine(3);
    EXPECT_TRUE(after(machine, {well, refusing, well}, 1, at(0)).empty());
}

TEST(PassiveMachine, when_too_many_look_bad_nobody_is_ejected) {
    PassiveMachine machine(5);
    EXPECT_TRUE(after(machine, {refusing, refusing, well, well, well}, 20, at(0)).empty());
    PassiveMachine alone(1);
    EXPECT_TRUE(after(alone, {mute}, 20, at(0)).empty());
}

TEST(PassiveMachine, it_is_taken_back_after_its_time_which_grows) {
    PassiveMachine machine(3);
    ASSERT_EQ(after(machine, {mute, well, well}, 2, at(0)).size(), 1U);
    EXPECT_TRUE(machine.step({well, well, well}, at(30'999)).empty());
    EXPECT_EQ(machine.step({well, well, well}, at(31'000)), (std::vector<PassiveDecision>{{0, std::nullopt}}));
    ASSERT_EQ(after(machine, {mute, well, well}, 30, at(40'000)).size(), 1U);
    EXPECT_TRUE(machine.step({well, well, well}, at(40'000 + 59'000)).empty());
    EXPECT_FALSE(machine.step({well, well, well}, at(40'000 + 90'000)).empty());
}

TEST(PassiveMachine, never_has_more_than_a_third_out_whatever_happens) {
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        const std::size_t servers = 1 + random() % 9;
        PassiveMachine machine(servers);
        std::vector<bool> out(servers);
        for (int second = 0; second < 300; ++second) {
            std::vector<TrafficSample> samples;
            for (std::size_t i = 0; i < servers; ++i) samples.push_back(random() % 4 != 0 ? well : random() % 2 == 0 ? refusing : mute);
            for (const PassiveDecision& decision : machine.step(samples, at(second * 1000))) {
                ASSERT_NE(out[decision.server], decision.ejected.has_value()) << "seed " << seed;
                out[decision.server] = decision.ejected.has_value();
            }
            const auto count = static_cast<std::size_t>(std::ranges::count(out, true));
            ASSERT_LE(count, servers < 2 ? 0 : std::max<std::size_t>(1, servers / 3)) << "seed " << seed;
        }
    }
}

}  // namespace
}  // namespace lvx::health
