// The right to begin connections: renewed by a thread of its own, given by the engine only while a standby is in step.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <mutex>
#include <thread>

#include "base/test_folder.hh"
#include "abi/guard.h"
#include "sync/engine_driver.hh"
#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

std::uint64_t jiffies() { return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / 1ms); }

template <class Condition>
bool until(const Condition& condition) {
    for (const auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(1ms))
        if (condition()) return true;
    return false;
}

struct Word {
    __u64 value = 77;  // left over by somebody who died
    std::uint64_t get() const { return __atomic_load_n(&value, __ATOMIC_ACQUIRE); }
    OpeningClock clock() { return {.word = &value, .jiffies = jiffies, .hertz = 1000}; }
};

TEST(OpeningLease, BeginsWithoutALimitWhateverAPredecessorLeft) {
    Word word;
    const OpeningLease lease(word.clock());
    EXPECT_EQ(word.get(), abi::OPENING_UNLIMITED);
}

TEST(OpeningLease, IsRenewedOverAndOverAndIsNeverShorterThanSaid) {
    Word word;
    OpeningLease lease(word.clock());
    const std::uint64_t before = jiffies();
    lease.limit(50ms);
    const std::uint64_t first = word.get();
    EXPECT_GE(first, before + 50);
    EXPECT_LE(first, jiffies() + 52);
    EXPECT_TRUE(until([&] { return word.get() > first + 100; })) << "long after the first one's end";
}

TEST(OpeningLease, IsWithoutALimitAtOnceAndForGoodWhenItIsLifted) {
    Word word;
    OpeningLease lease(word.clock());
    for (int i = 0; i < 200; ++i) {
        lease.limit(6ms);
        EXPECT_NE(word.get(), abi::OPENING_UNLIMITED);
        lease.limit(0ms);
        EXPECT_EQ(word.get(), abi::OPENING_UNLIMITED);
    }
    std::this_thread::yield();
    EXPECT_TRUE(until([&] { return word.get() == abi::OPENING_UNLIMITED; }));
}

TEST(OpeningLease, AnOrderlyEndLeavesNoLimit) {
    Word word;
    std::make_unique<OpeningLease>(word.clock())->limit(50ms);
    EXPECT_EQ(word.get(), abi::OPENING_UNLIMITED);
}

// A director with an engine of its own.
struct Node {
    explicit Node(std::uint64_t number) : director(number, 64, number) {
        engine = std::make_unique<Engine>(EngineTable{.table = director.packets,
                                                      .marks = director.marks(),
                                                      .lines = director.mark_lines(),
                                                      .feed_word = &feed,
                                                      .active_set = &active_set,
                                                      .tick = [] { return 1000u; },
                                                      .tick_us = 1'000'000,
                                                      .configuration = &configuration,
                                                      .generation = &generation,
                                                      .opening = word.clock()});
    }
    SimulatedDirector director;
    std::uint32_t feed = 0, active_set = 0;
    std::mutex configuration;
    std::atomic<std::uint64_t> generation{1};
    Word word;
    std::unique_ptr<Engine> engine;
};

class OpeningOfEngines : public testing::Test {
 protected:
    OpeningOfEngines() { std::ofstream(folder_.file("key")) << "0123456789abcdef0123456789abcdef\n"; }
    model::StateSync settings(std::chrono::milliseconds lease) const { return {.key_file = folder_.file("key"), .opening_lease = lease}; }
    // A port that was free a moment ago.
    Endpoint listen(Node& node) {
        for (Port port = 20000; port < 30000; port += 7) {
            model::StateSync wanted = settings(30ms);
            wanted.listen = Endpoint{Address::v4(0x7f000001), port};
            if (node.engine->set_stream(wanted)) return *wanted.listen;
        }
        ADD_FAILURE() << "no port is free";
        return {};
    }
    void call(Node& node, const Endpoint& whom, std::chrono::milliseconds lease) {
        model::StateSync wanted = settings(lease);
        wanted.peers = {whom};
        EXPECT_TRUE(node.engine->set_stream(wanted));
    }
    static bool in_step(const Node& node) {
        const auto peers = node.engine->status().stream.peers;
        return !peers.empty() && peers[0].phase == Phase::in_step;
    }
    TestFolder folder_;
};

TEST_F(OpeningOfEngines, AreLimitedOnlyWhileAStandbyIsInStep) {
    Node standby(1), director(2);
    const Endpoint there = listen(standby);
    EXPECT_EQ(standby.word.get(), abi::OPENING_UNLIMITED);
    call(director, there, 30ms);
    EXPECT_TRUE(until([&] { return director.word.get() != abi::OPENING_UNLIMITED; }));
    EXPECT_TRUE(until([&] { return director.engine->status().opening_lease == 30ms; }));
    standby.engine.reset();
    EXPECT_TRUE(until([&] { return director.word.get() == abi::OPENING_UNLIMITED; })) << "nobody would take over";
}

TEST_F(OpeningOfEngines, AreNeverLimitedWithALeaseOfNothing) {
    Node standby(1), director(2);
    call(director, listen(standby), 0ms);
    EXPECT_TRUE(until([&] { return in_step(director); }));
    EXPECT_EQ(director.word.get(), abi::OPENING_UNLIMITED);
}

}  // namespace
}  // namespace lvx::sync
