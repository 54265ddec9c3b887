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

// Ten connections a second, of which two or three are timed.
TrafficSample answering(std::uint64_t ms) {
    TrafficSample sample = well;
    sample.timed = 3;
    sample.total_us = 3000 * ms;
    return sample;
}

std::vector<PassiveDecision> after(PassiveMachine& machine, const std::vector<TrafficSample>& samples, int seconds, Instant begin) {
    std::vector<PassiveDecision> all;
    for (int second = 0; second < seconds; ++second) {
        for (PassiveDecision& decision : machine.step(samples, begin + std::chrono::seconds(second))) all.push_back(std::move(decision));
    }
    return all;
}

TEST(PassiveMachine, a_server_that_refuses_or_keeps_silent_is_ejected_with_the_reason) {
    PassiveMachine machine(4, {});
    const auto decisions = after(machine, {well, refusing, well, well}, 2, at(0));
    ASSERT_EQ(decisions.size(), 1U);
    EXPECT_EQ(decisions[0], (PassiveDecision{1, "of 20 connections 0 got no answer, 18 were reset"}));
    PassiveMachine another(3, {});
    EXPECT_EQ(after(another, {well, well, mute}, 2, at(0)), (std::vector<PassiveDecision>{{2, "20 connections, no packet back"}}));
}

TEST(PassiveMachine, few_connections_prove_nothing) {
    PassiveMachine machine(3, {});
    EXPECT_TRUE(after(machine, {well, refusing, well}, 1, at(0)).empty());
}

TEST(PassiveMachine, when_too_many_look_bad_nobody_is_ejected) {
    PassiveMachine machine(5, {});
    EXPECT_TRUE(after(machine, {refusing, refusing, well, well, well}, 20, at(0)).empty());
    PassiveMachine alone(1, {});
    EXPECT_TRUE(after(alone, {mute}, 20, at(0)).empty());
}

TEST(PassiveMachine, it_is_taken_back_after_its_time_which_grows) {
    PassiveMachine machine(3, {});
    ASSERT_EQ(after(machine, {mute, well, well}, 2, at(0)).size(), 1U);
    EXPECT_TRUE(machine.step({well, well, well}, at(30'999)).empty());
    EXPECT_EQ(machine.step({well, well, well}, at(31'000)), (std::vector<PassiveDecision>{{0, std::nullopt}}));
    ASSERT_EQ(after(machine, {mute, well, well}, 30, at(40'000)).size(), 1U);
    EXPECT_TRUE(machine.step({well, well, well}, at(40'000 + 59'000)).empty());
    EXPECT_FALSE(machine.step({well, well, well}, at(40'000 + 90'000)).empty());
}

TEST(PassiveMachine, a_server_slower_than_the_bound_is_ejected_by_choice) {
    PassiveMachine machine(3, {.slow_us = 200'000});
    const std::vector<TrafficSample> samples = {answering(12), answering(250), answering(9)};
    EXPECT_EQ(after(machine, samples, 2, at(0)), (std::vector<PassiveDecision>{{1, "slow: 250 ms, pool 12 ms"}}));
    PassiveMachine unasked(3, {});
    EXPECT_TRUE(after(unasked, samples, 20, at(0)).empty());
    PassiveMachine border(3, {.slow_us = 250'000});
    EXPECT_TRUE(after(border, samples, 20, at(0)).empty());
}

TEST(PassiveMachine, a_server_is_slow_beside_the_middle_one_of_its_pool) {
    PassiveMachine machine(4, {.slow_times = 5});
    EXPECT_EQ(after(machine, {answering(2), answering(3), answering(16), answering(17)}, 20, at(0)).size(), 0U) << "two of four: something else is wrong";
    PassiveMachine another(4, {.slow_times = 5});
    EXPECT_EQ(after(another, {answering(2), answering(3), answering(16), answering(4)}, 2, at(0)), (std::vector<PassiveDecision>{{2, "slow: 16 ms, pool 3.0 ms"}}));
    PassiveMachine pair(2, {.slow_times = 5});
    EXPECT_EQ(after(pair, {answering(60), answering(10)}, 2, at(0)), (std::vector<PassiveDecision>{{0, "slow: 60 ms, pool 10 ms"}}));
}

TEST(PassiveMachine, with_both_bounds_the_larger_one_counts) {
    const std::vector<TrafficSample> samples = {answering(2), answering(40), answering(2)};
    PassiveMachine floor(3, {.slow_us = 50'000, .slow_times = 5});
    EXPECT_TRUE(after(floor, samples, 20, at(0)).empty());
    PassiveMachine times(3, {.slow_us = 10'000, .slow_times = 30});
    EXPECT_TRUE(after(times, samples, 20, at(0)).empty());
    PassiveMachine both(3, {.slow_us = 30'000, .slow_times = 15});
    EXPECT_EQ(after(both, samples, 2, at(0)).size(), 1U);
}

TEST(PassiveMachine, few_timed_answers_and_a_fast_pools_noise_prove_nothing) {
    PassiveMachine machine(3, {.slow_us = 100'000});
    TrafficSample once = well;
    once.timed = 1;
    once.total_us = 3'000'000;
    EXPECT_TRUE(machine.step({answering(1), once, answering(1)}, at(0)).empty());
    PassiveMachine noise(3, {.slow_times = 2});
    TrafficSample quick = well, slower = well;
    quick.timed = slower.timed = 3;
    quick.total_us = 300;
    slower.total_us = 2'700;
    EXPECT_TRUE(after(noise, {quick, slower, quick}, 20, at(0)).empty());
}

TEST(PassiveMachine, a_slow_server_comes_back_and_is_judged_by_what_it_does_then) {
    PassiveMachine machine(3, {.slow_us = 100'000, .ejection = 5s});
    ASSERT_EQ(after(machine, {answering(5), answering(500), answering(5)}, 2, at(0)).size(), 1U);
    EXPECT_EQ(after(machine, {answering(5), {}, answering(5)}, 5, at(2000)), (std::vector<PassiveDecision>{{1, std::nullopt}}));
    EXPECT_TRUE(after(machine, {answering(5), answering(6), answering(5)}, 20, at(7000)).empty());
}

TEST(PassiveMachine, slowness_alone_leaves_failures_to_the_checks) {
    PassiveMachine machine(3, {.failures = false, .slow_us = 100'000});
    EXPECT_TRUE(after(machine, {refusing, well, well}, 20, at(0)).empty());
}

TEST(PassiveMachine, never_has_more_than_a_third_out_whatever_happens) {
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        const std::size_t servers = 1 + random() % 9;
        PassiveMachine machine(servers, {.slow_us = 20'000, .slow_times = random() % 3 * 4});
        std::vector<bool> out(servers);
        for (int second = 0; second < 300; ++second) {
            std::vector<TrafficSample> samples;
            for (std::size_t i = 0; i < servers; ++i) samples.push_back(random() % 4 != 0 ? answering(1 + random() % 9) : random() % 3 == 0 ? refusing : random() % 2 == 0 ? mute : answering(10 + random() % 500));
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
