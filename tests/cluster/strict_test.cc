// Strict mode of director_sync: nobody is told that a connection exists before a standby knows it (the lab is drawn in
// support/pair.hh).
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "support/pair.hh"
#include "tests/support/stall_meter.hh"

namespace lvx::cluster {
namespace {

using testing::StartsWith;

constexpr std::size_t few = 20;

class Strict : public testing::Test {
 protected:
    std::uint64_t count(Pair& pair, std::string_view name) {
        const api::SyncSnapshot snapshot = pair.sync(1);
        for (const api::SyncCount& one : snapshot.counts)
            if (one.subject == "strict" && one.name == name) return one.count;
        return 0;
    }
    bool await_state(Pair& pair, std::string_view state) {
        return lab::wait_until(patience, [&] { return pair.sync(1).strict.starts_with(state); });
    }
    bool ready(Pair& pair) { return pair.await_master(1) && pair.await_in_step(1) && await_state(pair, "holding"); }
    Result<lab::HeldConnections> open(Pair& pair, std::size_t connections, Milliseconds limit) {
        return lab::HeldConnections::open(pair.lab().namespace_of("client"), {lab::address("192.168.88.23"), Pair::echo_port()}, connections, limit);
    }
};

TEST_F(Strict, AnswersLeaveWhenTheStandbyHasTheConnection) {
    Pair pair({.stream_extra = "strict\n    strict_wait 10000"});  // so long that no answer leaves because time is over
    ASSERT_TRUE(ready(pair));
    auto held = open(pair, few, patience);
    ASSERT_TRUE(held) << held.error().sentence();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return pair.sync(2).connections == few; }));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return count(pair, "released") >= few; }));
    EXPECT_EQ(count(pair, "left_without") + count(pair, "dropped") + count(pair, "spoilt") + count(pair, "unsent"), 0u);
    EXPECT_TRUE(held->all_answer(patience));
}

TEST_F(Strict, WhatWasAnsweredSurvivesADeathAtAnyMoment) {
    Pair pair({.stream_extra = "strict\n    strict_without_standby closed"});
    ASSERT_TRUE(ready(pair));
    std::vector<lab::HeldConnections> opened;
    std::jthread clients([&](const std::stop_token& stop) {
        while (!stop.stop_requested())
            if (auto some = open(pair, 5, patience)) opened.push_back(std::move(*some));
    });
    ASSERT_TRUE(lab::wait_until(patience, [&] { return pair.sync(2).connections >= few; }));
    pair.director(1).process().kill();  // its data plane goes on without it until the lease ends
    ASSERT_TRUE(pair.await_master(2));
    clients.request_stop();
    must(pair.director(1).restart());   // else the last ones wait for a standby in vain
    clients.join();
    for (lab::HeldConnections& some : opened) {
        EXPECT_TRUE(some.all_answer(patience));
        EXPECT_EQ(some.report().broken, 0u);
    }
}

TEST_F(Strict, OpenAStandbyThatIsFrozenDelaysOneAnswerAndIsThenNotWaitedFor) {
    Pair pair({.stream_extra = "strict\n    strict_wait 200"});
    ASSERT_TRUE(ready(pair));
    const test::StallMeter meter;
    const auto begun = std::chrono::steady_clock::now();
    pair.director(2).process().signal(SIGSTOP);
    EXPECT_TRUE(open(pair, 1, patience));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, Milliseconds{900} + 2 * meter.worst()) << "sooner than a client asks again";
    EXPECT_TRUE(await_state(pair, "degraded, open"));
    // None, where the machine let the client wait for longer than it takes to see that the standby is silent.
    const auto delayed = count(pair, "left_without");
    EXPECT_LE(delayed, 1u);
    EXPECT_TRUE(open(pair, few, patience));
    EXPECT_EQ(count(pair, "left_without"), delayed) << "the others were not held at all";
    pair.director(2).process().signal(SIGCONT);
    EXPECT_TRUE(await_state(pair, "holding"));
}

TEST_F(Strict, ClosedNothingNewIsAnsweredWithoutAStandbyAndWhatIsThereGoesOn) {
    Pair pair({.stream_extra = "strict\n    strict_without_standby closed"});
    ASSERT_TRUE(ready(pair));
    auto held = open(pair, few, patience);
    ASSERT_TRUE(held);
    pair.director(2).process().kill();
    EXPECT_TRUE(await_state(pair, "degraded, closed"));
    EXPECT_FALSE(open(pair, 1, Milliseconds{700}));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return count(pair, "dropped") > 0; }));
    EXPECT_TRUE(held->all_answer(patience));
    must(pair.director(2).restart());
    EXPECT_TRUE(await_state(pair, "holding"));
    EXPECT_TRUE(open(pair, 1, patience));
}

}  // namespace
}  // namespace lvx::cluster
