#include "net/neighbour_machine.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_world.hh"

namespace lvx::net {
namespace {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant start{1h};
const NeighbourKey server{3, address("10.0.0.2")};

World with_state(NeighbourState state) {
    World world = two_armed();
    world.neighbours[0].state = state;
    return world;
}

World unknown() {
    World world = two_armed();
    world.neighbours.clear();
    return world;
}

NeighbourStep first(const World& world) { return step({}, world, {server}, start); }

TEST(Neighbours, AnUnknownOneIsResolvedAtOnce) {
    EXPECT_THAT(first(unknown()).actions, ElementsAre(Solicitation{server, Question::resolve}));
    EXPECT_THAT(first(with_state(NeighbourState::failed)).actions, ElementsAre(Solicitation{server, Question::resolve}));
}

TEST(Neighbours, AStaleOneIsConfirmed) {
    EXPECT_THAT(first(with_state(NeighbourState::stale)).actions, ElementsAre(Solicitation{server, Question::confirm}));
}

TEST(Neighbours, WhatTheKernelIsAtOrNeedNotBeAskedIsLeftAlone) {
    for (const auto state : {NeighbourState::incomplete, NeighbourState::reachable, NeighbourState::delay,
                             NeighbourState::probe, NeighbourState::noarp, NeighbourState::permanent})
        EXPECT_THAT(first(with_state(state)).actions, IsEmpty()) << static_cast<int>(state);
}

TEST(Neighbours, ASilentOneIsAskedAgainWithDoublingPausesUpToABound) {
    NeighbourMemory memory;
    Instant now = start;
    std::vector<std::chrono::milliseconds> pauses;
    for (int i = 0; i < 6; ++i) {
        const NeighbourStep result = step(memory, unknown(), {server}, now);
        ASSERT_EQ(result.actions.size(), 1u) << i;
        ASSERT_TRUE(result.wake);
        pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(*result.wake - now));
        const NeighbourStep early = step(result.memory, unknown(), {server}, *result.wake - 1ms);
        EXPECT_THAT(early.actions, IsEmpty());
        EXPECT_EQ(early.wake, result.wake);
        memory = early.memory;
        now = *result.wake;
    }
    EXPECT_THAT(pauses, ElementsAre(1000ms, 2000ms, 4000ms, 8000ms, 8000ms, 8000ms));
}

TEST(Neighbours, AnAnswerForgetsTheFailures) {
    const NeighbourStep asked = first(unknown());
    const NeighbourStep answered = step(asked.memory, with_state(NeighbourState::reachable), {server}, start + 10ms);
    EXPECT_THAT(answered.memory, IsEmpty());
    EXPECT_FALSE(answered.wake);
    EXPECT_EQ(step(answered.memory, unknown(), {server}, start + 20ms).actions.size(), 1u);
}

TEST(Neighbours, FailuresAreRememberedWhileTheKernelAsks) {
    const NeighbourStep asked = first(unknown());
    const NeighbourStep asking = step(asked.memory, with_state(NeighbourState::incomplete), {server}, start + 10ms);
    EXPECT_EQ(asking.memory, asked.memory);
    EXPECT_THAT(step(asking.memory, with_state(NeighbourState::failed), {server}, start + 500ms).actions, IsEmpty());
}

TEST(Neighbours, ThatAreWantedNoLongerAreForgotten) {
    EXPECT_THAT(step(first(unknown()).memory, unknown(), {}, start).memory, IsEmpty());
}

TEST(Neighbours, ACrowdIsAskedInPortions) {
    std::set<NeighbourKey> crowd;
    for (std::uint32_t i = 0; i < solicitations_at_once + 1; ++i) crowd.insert({3, Address::v4(0x0a000100 + i)});
    const NeighbourStep portion = step({}, unknown(), crowd, start);
    EXPECT_EQ(portion.actions.size(), solicitations_at_once);
    EXPECT_EQ(portion.wake, start + crowd_pause);
    EXPECT_EQ(step(portion.memory, unknown(), crowd, *portion.wake).actions.size(), 1u);
}

TEST(WantedNeighbours, AreNextHopsOfServersAndAllGateways) {
    World world = two_armed();
    add_gateway(world, "172.16.0.0/12", 3, "10.0.0.254");
    EXPECT_THAT(wanted_neighbours(world, {address("10.0.0.2"), address("172.16.0.9"), address("10.0.0.1")}),
                ElementsAre(NeighbourKey{2, address("192.168.88.1")}, server, NeighbourKey{3, address("10.0.0.254")}));
}

TEST(WantedNeighbours, AreNoneOnLinksThatAreDownOrSpeakNoArp) {
    World world = two_armed();
    world.links[2].up = false;
    world.links[3].mac = {};
    EXPECT_THAT(wanted_neighbours(world, {address("10.0.0.2")}), IsEmpty());
}

}  // namespace
}  // namespace lvx::net
