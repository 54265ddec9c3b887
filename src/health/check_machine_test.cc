#include "health/check_machine.hh"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace lvx::health {
namespace {

using namespace std::chrono_literals;

const model::CheckTiming timing = {.delay_loop = 10s, .connect_timeout = 3s, .delay_before_retry = 1s, .warmup = 10s, .retry = 2};
constexpr Micros took = 100ms;

CheckMemory after(std::vector<Verdict> verdicts, const model::CheckTiming& rules, const CheckShape& shape) {
    CheckMemory memory = begin(rules);
    for (const Verdict verdict : verdicts) memory = finished(memory, rules, shape, verdict, took).memory;
    return memory;
}

TEST(CheckMachine, a_new_check_counts_as_up_and_its_first_failure_is_decisive) {
    EXPECT_TRUE(begin(timing).up);
    const CheckStep step = finished(begin(timing), timing, {}, Verdict::failed, took);
    EXPECT_EQ(step.change, Change::went_down);
    EXPECT_EQ(step.next, 10s);
}

TEST(CheckMachine, an_alpha_check_is_down_until_its_first_success) {
    model::CheckTiming alpha = timing;
    alpha.alpha = true;
    EXPECT_FALSE(begin(alpha).up);
    EXPECT_EQ(finished(begin(alpha), alpha, {}, Verdict::failed, took).change, Change::none);
    EXPECT_EQ(finished(begin(alpha), alpha, {}, Verdict::passed, took).change, Change::went_up);
}

TEST(CheckMachine, a_failure_while_up_is_tried_again_as_often_as_retry_says) {
    CheckStep step = finished(after({Verdict::passed}, timing, {}), timing, {}, Verdict::failed, took);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(step.change, Change::none);
        EXPECT_EQ(step.next, 1s);
        step = finished(step.memory, timing, {}, Verdict::failed, took);
    }
    EXPECT_EQ(step.change, Change::went_down);
    EXPECT_EQ(step.next, 10s);
}

TEST(CheckMachine, a_success_between_failures_starts_the_count_anew) {
    const CheckMemory memory = after({Verdict::passed, Verdict::failed, Verdict::failed, Verdict::passed}, timing, {});
    EXPECT_EQ(memory.tries, 0U);
    EXPECT_EQ(finished(memory, timing, {}, Verdict::failed, took).change, Change::none);
}

TEST(CheckMachine, one_success_is_enough_to_come_up) {
    EXPECT_EQ(finished(after({Verdict::failed}, timing, {}), timing, {}, Verdict::passed, took).change, Change::went_up);
}

TEST(CheckMachine, a_local_error_says_nothing_and_comes_again) {
    const CheckStep step = finished(begin(timing), timing, {}, Verdict::local_error, took);
    EXPECT_EQ(step.memory, begin(timing));
    EXPECT_EQ(step.next, 10s);
}

TEST(CheckMachine, a_script_runs_delay_loop_after_its_start_and_never_twice_at_once) {
    const CheckShape misc = {.from_start = true};
    EXPECT_EQ(finished(begin(timing), timing, misc, Verdict::passed, 4s).next, 6s);
    EXPECT_EQ(finished(begin(timing), timing, misc, Verdict::passed, 14s).next, 0s);
}

TEST(CheckMachine, http_waits_the_longer_of_two_times_while_down) {
    model::CheckTiming slow = timing;
    slow.delay_before_retry = 25s;
    const CheckShape http = {.slow_retry_when_down = true};
    EXPECT_EQ(finished(begin(slow), slow, http, Verdict::failed, took).next, 25s);
    EXPECT_EQ(finished(begin(slow), slow, {}, Verdict::failed, took).next, 10s);
}

TEST(CheckMachine, urls_are_checked_one_a_run_and_a_failing_one_alone) {
    const CheckShape three = {.steps = 3, .slow_retry_when_down = true};
    CheckMemory memory = after({Verdict::passed}, timing, three);
    EXPECT_EQ(memory.step, 1);
    memory = after({Verdict::passed, Verdict::failed, Verdict::failed, Verdict::failed}, timing, three);
    EXPECT_FALSE(memory.up);
    EXPECT_EQ(memory.step, 1);
    EXPECT_EQ(finished(memory, timing, three, Verdict::failed, took).memory.step, 1);
}

TEST(CheckMachine, a_list_of_urls_comes_up_after_a_whole_clean_round) {
    const CheckShape two = {.steps = 2, .slow_retry_when_down = true};
    CheckMemory memory = after({Verdict::failed}, timing, two);
    CheckStep step = finished(memory, timing, two, Verdict::passed, took);
    EXPECT_EQ(step.change, Change::none);
    EXPECT_EQ(step.memory.step, 0);
    step = finished(step.memory, timing, two, Verdict::passed, took);
    EXPECT_EQ(step.change, Change::none);
    step = finished(step.memory, timing, two, Verdict::passed, took);
    EXPECT_EQ(step.change, Change::went_up);
}

TEST(CheckMachine, fast_recovery_leaves_no_pause_within_the_round) {
    const CheckShape two = {.steps = 2, .fast_recovery = true, .slow_retry_when_down = true};
    const CheckStep step = finished(after({Verdict::failed}, timing, two), timing, two, Verdict::passed, took);
    EXPECT_EQ(step.next, 0s);
    EXPECT_EQ(finished(after({Verdict::passed}, timing, two), timing, two, Verdict::passed, took).next, 10s);
}

TEST(CheckMachine, first_runs_are_spread_over_the_warm_up) {
    std::mt19937_64 chance(7);
    std::vector<int> buckets(10);
    for (int i = 0; i < 10'000; ++i) {
        const Micros delay = first_delay(timing, chance());
        ASSERT_GE(delay, 1s);
        ASSERT_LT(delay, 11s);
        ++buckets[static_cast<std::size_t>((delay - Micros(1s)).count() / 1'000'000)];
    }
    for (const int count : buckets) EXPECT_NEAR(count, 1000, 200);
    model::CheckTiming cold = timing;
    cold.warmup = 0s;
    EXPECT_EQ(first_delay(cold, 12345), 1s);
}

// The naive model of a check with one step: looks at the whole history each time.
bool naive_up(const std::vector<Verdict>& history, const model::CheckTiming& rules) {
    bool up = !rules.alpha, judged = false;
    std::uint32_t failures = 0;
    for (const Verdict verdict : history) {
        if (verdict == Verdict::local_error) continue;
        if (verdict == Verdict::passed) {
            up = judged = true;
            failures = 0;
            continue;
        }
        ++failures;
        if (!up || !judged || failures > rules.retry) {
            up = false;
            judged = true;
            failures = 0;
        }
    }
    return up;
}

TEST(CheckMachine, agrees_with_a_naive_model_for_every_seed) {
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        model::CheckTiming rules = timing;
        rules.retry = random() % 4;
        rules.alpha = random() % 2 == 0;
        const std::uint32_t flakiness = random() % 100;
        CheckMemory memory = begin(rules);
        std::vector<Verdict> history;
        for (int i = 0; i < 60; ++i) {
            const std::uint32_t dice = random() % 100;
            history.push_back(dice < 5 ? Verdict::local_error : dice < flakiness ? Verdict::failed : Verdict::passed);
            const bool before = memory.up;
            const CheckStep step = finished(memory, rules, {}, history.back(), took);
            memory = step.memory;
            ASSERT_EQ(memory.up, naive_up(history, rules)) << "seed " << seed << " step " << i;
            ASSERT_EQ(step.change, before == memory.up ? Change::none : memory.up ? Change::went_up : Change::went_down) << "seed " << seed;
        }
    }
}

}  // namespace
}  // namespace lvx::health
