#include "sync/gate.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

class StrictMode : public testing::Test {
 protected:
    std::vector<Answer> work() { return gate.work(standbys, now); }
    std::vector<Answer> work(Microseconds later) {
        now += later;
        return work();
    }
    void hold(std::uint32_t slot) { gate.hold({.slot = slot, .ifindex = 3, .control = 1, .frame = {1, 2, 3}}, now); }
    void standby_in_step() {
        standbys.in_step = true;
        (void)work();
    }

    Microseconds now{10s};
    bool told = true;
    Standing standing = Standing::waits;
    Gate::Standbys standbys{.in_step = false,
                            .ticket = [this](std::uint32_t, std::uint64_t) { return told ? std::optional(Ticket{1, 7, 0}) : std::nullopt; },
                            .standing = [this](const Ticket&) { return standing; }};
    Gate gate{GateSettings{.wait = 100ms, .most_held = 3}};
};

TEST_F(StrictMode, AnAnswerLeavesWhenAStandbyHasItsConnectionAndNotBefore) {
    standby_in_step();
    EXPECT_TRUE(gate.holds());
    hold(5);
    EXPECT_THAT(work(10ms), IsEmpty());
    told = false;
    EXPECT_THAT(work(10ms), IsEmpty());
    told = true;
    standing = Standing::has_it;
    const auto left = work(1ms);
    ASSERT_THAT(left, SizeIs(1));
    EXPECT_EQ(left[0].slot, 5u);
    EXPECT_EQ(gate.counters().released, 1u);
    EXPECT_EQ(gate.counters().longest, 21ms);
    EXPECT_THAT(work(1s), IsEmpty());
}

TEST_F(StrictMode, AStandbyThatTakesTooLongIsNotWaitedForWhenOpen) {
    standby_in_step();
    hold(5);
    EXPECT_THAT(work(99'999us), IsEmpty());
    EXPECT_THAT(work(1us), SizeIs(1));
    EXPECT_EQ(gate.counters().left_without, 1u);
    EXPECT_TRUE(gate.degraded());
    EXPECT_FALSE(gate.holds());
    EXPECT_THAT(std::string(gate.state()), testing::StartsWith("degraded, open"));
}

TEST_F(StrictMode, WhoeverIsInStepForASecondIsReliedOnAgain) {
    standby_in_step();
    hold(5);
    (void)work(100ms);
    ASSERT_TRUE(gate.degraded());
    (void)work();
    (void)work(999ms);
    EXPECT_TRUE(gate.degraded());
    (void)work(1ms);
    EXPECT_FALSE(gate.degraded());
}

TEST_F(StrictMode, ADeadStandbyLetsAllGoAtOnceWhenOpen) {
    standby_in_step();
    hold(5);
    hold(6);
    standbys.in_step = false;
    EXPECT_THAT(work(1us), SizeIs(2));
    EXPECT_FALSE(gate.holds());
}

TEST_F(StrictMode, ClosedNothingIsAnsweredWithoutAStandby) {
    gate = Gate{GateSettings{.wait = 100ms, .closed = true}};
    EXPECT_TRUE(gate.holds());
    hold(5);
    EXPECT_THAT(work(50ms), IsEmpty());
    EXPECT_THAT(work(50ms), IsEmpty());
    EXPECT_EQ(gate.counters().dropped, 1u);
    EXPECT_TRUE(gate.holds());
    EXPECT_THAT(std::string(gate.state()), testing::StartsWith("degraded, closed"));
}

TEST_F(StrictMode, AConnectionTheStandbyHasNoPlaceForDoesNotWaitAndDegradesNobody) {
    standby_in_step();
    hold(5);
    standing = Standing::keeps_it_out;
    EXPECT_THAT(work(1ms), SizeIs(1));
    EXPECT_EQ(gate.counters().left_without, 1u);
    EXPECT_FALSE(gate.degraded());
}

TEST_F(StrictMode, AStandbyThatGoesAwayIsReplacedByAnother) {
    standby_in_step();
    hold(5);
    EXPECT_THAT(work(1ms), IsEmpty());
    int asked = 0;
    standbys.standing = [&](const Ticket&) { return ++asked == 1 ? Standing::gone : Standing::has_it; };
    EXPECT_THAT(work(1ms), SizeIs(1));
    EXPECT_EQ(gate.counters().released, 1u);
}

TEST_F(StrictMode, NoMoreWaitThanTheBound) {
    standby_in_step();
    for (std::uint32_t slot = 0; slot < 5; ++slot) hold(slot);
    EXPECT_EQ(gate.counters().overflowed, 2u);
    EXPECT_THAT(work(), SizeIs(2)) << "open: those that found no place leave";
    gate = Gate{GateSettings{.closed = true, .most_held = 1}};
    hold(1);
    hold(2);
    EXPECT_THAT(work(), IsEmpty());
}

// ---- frames ----

// 10.0.0.2:80 -> 192.168.88.21:40000, SYN and ACK, no options.
abi::held_answer syn_ack(bool partial) {
    abi::held_answer held{};
    const std::uint8_t frame[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
                                  0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 168, 88, 23, 192, 168, 88, 21,
                                  0, 80, 0x9c, 0x40, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x12, 0x10, 0, 0, 0, 0, 0};
    std::memcpy(held.frame, frame, sizeof frame);
    held.length = sizeof frame;
    held.l3_offset = 14;
    held.l4_offset = 34;
    held.family = 4;
    held.partial = partial;
    const auto add = [&](std::size_t from, std::size_t to, std::uint32_t sum) {
        for (std::size_t i = from; i < to; i += 2) sum += static_cast<std::uint32_t>(frame[i] << 8 | frame[i + 1]);
        while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
        return sum;
    };
    const std::uint32_t pseudo = add(26, 34, 6 + 20), field = partial ? pseudo : ~add(34, 54, pseudo);
    held.frame[50] = static_cast<std::uint8_t>(field >> 8);
    held.frame[51] = static_cast<std::uint8_t>(field);
    return held;
}

TEST(HeldFrame, WithAPartialChecksumLeavesWithAWholeOne) {
    const auto whole = answer_of(syn_ack(false)), completed = answer_of(syn_ack(true));
    ASSERT_TRUE(whole && completed);
    EXPECT_EQ(completed->frame, whole->frame);
}

TEST(HeldFrame, WithAWrongChecksumDoesNotLeave) {
    for (const bool partial : {false, true}) {
        abi::held_answer held = syn_ack(partial);
        held.frame[53] ^= 1;
        EXPECT_EQ(answer_of(held).has_value(), partial) << "a partial sum says nothing of what it does not cover";
        held = syn_ack(partial);
        held.frame[51] ^= 1;
        EXPECT_FALSE(answer_of(held));
    }
}

TEST(HeldFrame, GetsItsVlanTagBehindTheStations) {
    abi::held_answer held = syn_ack(false);
    const auto untagged = answer_of(held);
    held.vlan = 0x123;
    const auto tagged = answer_of(held);
    ASSERT_TRUE(untagged && tagged);
    ASSERT_EQ(tagged->frame.size(), untagged->frame.size() + 4);
    EXPECT_THAT(std::vector<int>(tagged->frame.begin() + 12, tagged->frame.begin() + 18), testing::ElementsAre(0x81, 0, 1, 0x23, 8, 0));
}

TEST(HeldFrame, ThatContradictsItselfDoesNotLeave) {
    for (const auto spoil : {+[](abi::held_answer& held) { held.length = 53; }, +[](abi::held_answer& held) { held.length = 60'000; },
                             +[](abi::held_answer& held) { held.l4_offset = 20; }, +[](abi::held_answer& held) { held.frame[17] = 200; },
                             +[](abi::held_answer& held) { held.family = 6; }}) {
        abi::held_answer held = syn_ack(false);
        spoil(held);
        EXPECT_FALSE(answer_of(held));
    }
}

}  // namespace
}  // namespace lvx::sync
