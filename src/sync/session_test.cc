#include "sync/session.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;

TEST(Session, AStandbyHasEveryConnectionOfItsMaster) {
    World world(1);
    for (int i = 0; i < 300; ++i) {
        random_packet(world, world.a);
        world.step(1ms);
    }
    world.settle();
    EXPECT_GT(world.a.contents(world.tick()).size(), 50u);
    EXPECT_EQ(world.a.contents(world.tick()), world.b.contents(world.tick()));
    EXPECT_EQ(world.b.session->counters().regions_mended, 0u);
    EXPECT_EQ(world.a.session->phase(world.moment()), Phase::in_step);
    EXPECT_EQ(world.a.session->at_risk(), 0u);
}

TEST(Session, AChangeIsThereAfterOneExchange) {
    World world(2);
    world.settle();
    world.a.packet(1, 1000, 0, table::FLOW_syn, world.tick(), world.dice);
    world.step(1ms);
    EXPECT_EQ(world.b.contents(world.tick()).size(), 1u);
    world.a.packet(1, 1000, 0, table::FLOW_ack, world.tick(), world.dice);
    world.step(1ms);
    EXPECT_THAT(*world.b.contents(world.tick()).begin(), testing::EndsWith(std::to_string(STATE_established)));
}

TEST(Session, WhoComesLateGetsTheWholeTableWhileChangesFlow) {
    World world(3);
    for (int i = 0; i < 400; ++i) random_packet(world, world.a);
    world.limits.at_once = 2048;  // the copy takes many exchanges
    world.connect();
    int exchanges = 0;
    while (!world.b.session->learned()) {
        random_packet(world, world.a);
        world.step(1ms);
        ASSERT_LT(++exchanges, 1000);
    }
    EXPECT_GE(exchanges, 5);
    world.settle();
    EXPECT_THAT(difference(world.a.contents(world.tick()), world.b.contents(world.tick())), testing::IsEmpty());
}

TEST(Session, AnIdleConnectionOutlivesItsRefreshOnTheStandby) {
    World world(4);
    world.a.packet(1, 1000, 0, table::FLOW_syn, world.tick(), world.dice);
    world.a.packet(1, 1000, 0, table::FLOW_ack, world.tick(), world.dice);
    for (int i = 0; i < 50; ++i) world.step(1s);
    world.a.packet(1, 1000, 0, table::FLOW_ack, world.tick(), world.dice);  // too little later to be told
    for (int i = 0; i < 895; ++i) {
        world.step(1s);
        world.a.sweep(world.tick());
        world.b.sweep(world.tick());
        ASSERT_EQ(world.a.contents(world.tick()).size(), 1u);
        ASSERT_EQ(world.b.contents(world.tick()).size(), 1u) << i;
    }
    for (int i = 0; i < 10; ++i) {
        world.step(1s);
        world.a.sweep(world.tick());
    }
    EXPECT_EQ(world.b.contents(world.tick()).size(), 0u) << "it ended, and the standby heard of it";
}

TEST(Session, ADigestFindsAndMendsWhatNobodyTold) {
    World world(5);
    for (int i = 0; i < 300; ++i) random_packet(world, world.a);
    world.settle();
    const auto right = world.a.contents(world.tick());
    int lost = 0;
    for (std::uint32_t slot = 0; slot < world.b.side->slots(); slot += 7)  // behind the session's back
        lost += table::table_remove(&world.b.packets, slot, world.b.side->control(slot), 0, world.tick());
    (void)world.b.changes();
    ASSERT_GT(lost, 5);
    ASSERT_NE(world.b.contents(world.tick()), right);
    world.settle();
    EXPECT_EQ(world.b.contents(world.tick()), right);
    EXPECT_GT(world.b.session->counters().regions_mended, 0u);
    EXPECT_GT(world.a.session->peer_drifted(), 0u);
}

TEST(Session, AConnectionOfAServerThatIsNotHereIsKeptOutAndCountedAndComesLater) {
    World world(6);
    for (std::uint32_t id = 0; id < 4; ++id) world.b.tables().server(id).flags = 0;  // those of service 0
    world.b.side->learn_ids(0);
    for (std::uint16_t port = 0; port < 50; ++port) world.a.packet(7, port, 0, table::FLOW_syn, world.tick(), world.dice);
    world.settle();
    EXPECT_EQ(world.b.contents(world.tick()).size(), 0u);
    EXPECT_EQ(world.b.session->kept_out_now(), 50u);
    EXPECT_EQ(world.a.session->at_risk(), 50u);
    EXPECT_EQ(world.b.session->counters().regions_mended, 0u) << "what is known to be kept out is no drift";
    for (std::uint32_t id = 0; id < 4; ++id) world.b.tables().server(id).flags = abi::SERVER_AVAILABLE;
    world.b.side->learn_ids(0);
    world.b.session->reconsider();
    world.settle();
    EXPECT_EQ(world.b.contents(world.tick()).size(), 50u);
    EXPECT_EQ(world.a.session->at_risk(), 0u);
}

TEST(Session, GaugesCountWhatWasSynchronised) {
    World world(7);
    for (int i = 0; i < 500; ++i) {
        random_packet(world, world.a);
        world.step(1ms);
    }
    world.settle();
    for (SimulatedDirector* end : {&world.a, &world.b}) {
        const table::Recount right = table::recount(end->tables());
        EXPECT_EQ(right.wrong_tags, 0u);
        for (std::uint32_t id = 0; id < end->tables().server_count(); ++id) {
            EXPECT_EQ(end->tables().load(id).total, right.loads[id].total);
            EXPECT_EQ(end->tables().load(id).active, right.loads[id].active);
        }
    }
}

TEST(Session, ASlowPeerCostsLatenessAndIsSaidToBeBehind) {
    World world(8);
    world.limits.window = 4096;
    world.connect();
    world.settle();
    for (int i = 0; i < 400; ++i) {
        random_packet(world, world.a);
        world.now += 1ms;
        world.send(world.a, world.b);
        EXPECT_LT(world.b.inbox.size(), 8192u) << "no more is sent than the window allows";
    }
    EXPECT_EQ(world.a.session->phase(world.moment()), Phase::behind);
    EXPECT_GT(world.a.session->at_risk(), 0u);
    world.settle();
    EXPECT_EQ(world.a.session->phase(world.moment()), Phase::in_step);
    EXPECT_EQ(world.a.contents(world.tick()), world.b.contents(world.tick()));
}

TEST(Session, ASilentPeerIsNoticedAndOneThatTakesNothingToo) {
    World world(9);
    world.settle();
    world.now += 1999ms;
    EXPECT_EQ(world.a.session->overdue(world.moment()), std::nullopt);
    world.now += 2ms;
    EXPECT_EQ(world.a.session->overdue(world.moment()), StreamFault::silent);
}

TEST(Session, AfterASplitBothHalvesConnectionsSurvive) {
    World world(10);
    for (std::uint16_t port = 0; port < 30; ++port) world.a.packet(1, port, 0, table::FLOW_syn, world.tick(), world.dice);
    for (std::uint16_t port = 0; port < 30; ++port) world.b.packet(2, port, 1, table::FLOW_syn, world.tick(), world.dice);
    world.connect();
    world.settle();
    EXPECT_EQ(world.a.contents(world.tick()).size(), 60u);
    EXPECT_EQ(world.a.contents(world.tick()), world.b.contents(world.tick()));
}

TEST(Session, OfTwoServersForOneClientPortTheOneUsedLastStaysOnBothSides) {
    World world(11);
    Dice first{1}, second{2};
    std::uint16_t port = 0;
    while (world.a.contents(world.tick()) == world.b.contents(world.tick())) {
        ++port;
        world.a.packet(1, port, 0, table::FLOW_syn, world.tick(), first);
        world.b.packet(1, port, 0, table::FLOW_syn, world.tick() + 5, second);
    }
    const auto later = world.b.contents(world.tick() + 5);
    world.now += 5s;
    world.connect();
    world.settle();
    EXPECT_EQ(world.a.contents(world.tick()), later);
    EXPECT_EQ(world.b.contents(world.tick()), later);
}

// What a director found in its table when it came back, and what the other one opened since with the same client ports: the
// older ones give way, and nobody says any longer than that takes that something would be lost.
TEST(Session, WhatGaveWayIsNotAtRiskAnyMore) {
    for (const bool older_on_a : {true, false}) {
        World world(15);
        SimulatedDirector& older = older_on_a ? world.a : world.b;
        SimulatedDirector& newer = older_on_a ? world.b : world.a;
        Dice first{1}, second{2};
        for (std::uint16_t port = 1; port <= 60; ++port) {
            older.packet(1, port, 0, table::FLOW_syn, world.tick(), first);
            newer.packet(1, port, 0, table::FLOW_syn, world.tick() + 5, second);
        }
        const auto right = newer.contents(world.tick() + 5);
        world.now += 5s;
        world.connect();
        for (int i = 0; i < 10; ++i) world.step(1ms);  // no digest is compared twice in that time
        EXPECT_EQ(world.a.contents(world.tick()), right) << older_on_a;
        EXPECT_EQ(world.b.contents(world.tick()), right) << older_on_a;
        EXPECT_EQ(world.a.session->at_risk(), 0u) << older_on_a;
        EXPECT_EQ(world.b.session->at_risk(), 0u) << older_on_a;
    }
}

// A port is used again right after its connection ended: the new one stays, whichever director has it.
TEST(Session, WithinATickAConnectionThatIsOverGivesWayToOneThatIsNot) {
    for (const bool open_on_a : {true, false}) {
        World world(13);
        SimulatedDirector& open = open_on_a ? world.a : world.b;
        SimulatedDirector& over = open_on_a ? world.b : world.a;
        Dice first{1}, second{2};
        std::uint16_t port = 0;
        while (open.contents(world.tick()) == over.contents(world.tick())) {
            ++port;
            open.forget(world.tick());
            over.forget(world.tick());
            open.packet(1, port, 0, table::FLOW_syn, world.tick(), first);
            over.packet(1, port, 0, table::FLOW_syn, world.tick(), second);
        }
        for (const std::uint32_t event : {table::FLOW_ack, table::FLOW_rst}) over.packet(1, port, 0, event, world.tick(), second);
        const auto live = open.contents(world.tick());
        world.connect();
        world.settle();
        EXPECT_EQ(world.a.contents(world.tick()), live) << open_on_a;
        EXPECT_EQ(world.b.contents(world.tick()), live) << open_on_a;
    }
}

// A full table moves connections to their other bucket: whoever has their place since must not end in their stead.
TEST(Session, AConnectionThatEndedTakesNobodyAlongThatHasItsPlaceSince) {
    for (std::uint64_t seed = 20; seed < 30; ++seed) {
        World world(seed, 8);  // 64 slots on b
        std::uint16_t next = 1;
        for (int round = 0; round < 20; ++round) {
            for (int i = 0; i < 42; ++i)
                if (world.a.contents(world.tick()).size() < 42) world.a.packet(1, next++, 0, table::FLOW_syn, world.tick(), world.dice);
            for (int i = 0; i < 6; ++i) world.step(1ms);
            const auto there = world.b.contents(world.tick()), here = world.a.contents(world.tick());
            EXPECT_TRUE(std::ranges::includes(there, here)) << "seed " << seed << " round " << round;
            for (std::uint32_t slot = world.dice.below(3); slot < world.a.side->slots(); slot += 3)
                if (const std::uint64_t control = world.a.side->control(slot)) table::table_remove(&world.a.packets, slot, control, 0, world.tick());
        }
    }
}

// The standby moved it to its other bucket, and it ended before that could be asked about: nobody invents it anew.
TEST(Session, AConnectionThatEndedWhileItsCopyMovedIsGoneOnBothSides) {
    for (std::uint64_t seed = 40; seed < 60; ++seed) {
        World world(seed, 8);
        std::uint16_t next = 1;
        for (int round = 0; round < 5; ++round) {
            while (world.a.contents(world.tick()).size() < 46) world.a.packet(1, next++, 0, table::FLOW_syn, world.tick(), world.dice);
            world.step(1ms);
            for (std::uint32_t slot = world.dice.below(3); slot < world.a.side->slots(); slot += 3)
                if (const std::uint64_t control = world.a.side->control(slot)) table::table_remove(&world.a.packets, slot, control, 0, world.tick());
        }
        const auto left = world.a.contents(world.tick());
        world.settle();
        EXPECT_THAT(difference(world.a.contents(world.tick()), left), testing::IsEmpty()) << "seed " << seed;
        EXPECT_THAT(difference(world.b.contents(world.tick()), left), testing::IsEmpty()) << "seed " << seed;
    }
}

TEST(Session, RefusesWhatNoPeerOfThisVersionSends) {
    World world(12);
    const auto fault_of = [&](auto&& write) {
        Session session(*world.a.side, {.node = 1}, {.most_slots = 1000}, world.moment());
        FrameWriter writer;
        write(writer);
        const auto applied = session.apply(writer.take(), world.moment());
        return applied ? std::nullopt : std::optional(applied.error());
    };
    const Hello good{.node = 2, .boot = 1, .slots = 1000};
    const auto hello = [&](FrameWriter& writer) { writer.put(good); };
    EXPECT_EQ(fault_of(hello), std::nullopt);
    EXPECT_EQ(fault_of([&](FrameWriter& w) { w.put(Hello{.node = 1, .slots = 8}); }), StreamFault::itself);
    EXPECT_EQ(fault_of([&](FrameWriter& w) { w.put(Hello{.node = 2, .slots = 1001}); }), StreamFault::other_size);
    EXPECT_EQ(fault_of([&](FrameWriter& w) { hello(w), hello(w); }), StreamFault::out_of_order);
    EXPECT_EQ(fault_of([&](FrameWriter& w) { w.put(Heard{}); }), StreamFault::out_of_order);
    EXPECT_EQ(fault_of([&](FrameWriter& w) { hello(w), w.put(Heard{.sequence = 1}); }), StreamFault::never_sent);
    EXPECT_EQ(fault_of([&](FrameWriter& w) { hello(w), w.begin_changes(2, 0), w.end_changes(); }), StreamFault::out_of_order);
    EXPECT_EQ(fault_of([&](FrameWriter& w) { hello(w), w.put(Look{.region = 4000}); }), StreamFault::bad_slot);
    EXPECT_EQ(fault_of([&](FrameWriter& w) { hello(w), w.put(Farewell::duplicate); }), StreamFault::duplicate);
    EXPECT_EQ(fault_of([&](FrameWriter& w) {
                  hello(w), w.begin_changes(1, 0), w.add(Ended{.slot = 1000}), w.end_changes();
              }), StreamFault::bad_slot);
    EXPECT_EQ(fault_of([&](FrameWriter& w) {
                  hello(w);
                  for (int i = 0; i < 5000; ++i) w.put(Look{});
              }), StreamFault::too_much);
}

// Everything at once, by seed: packets on either side, pieces of any size, breaks, restarts with and without the table.
std::int32_t longest_left(const SimulatedDirector& end, std::uint32_t now) {
    std::int32_t longest = 0;
    for (std::uint32_t slot = 0; slot < end.side->slots(); ++slot)
        if (const std::uint64_t control = end.side->control(slot)) longest = std::max(longest, static_cast<std::int32_t>(table::control_expires(control) - now));
    return longest;
}

TEST(Session, WhoIsToldBackAndForthDoesNotLiveForEver) {
    World world(6);
    world.a.packet(1, 1000, 0, table::FLOW_syn, world.tick(), world.dice);
    const std::int32_t own = longest_left(world.a, world.tick());
    for (int i = 0; i < 20; ++i) {
        world.connect();
        for (int j = 0; j < 4; ++j) world.step(1ms);
    }
    EXPECT_EQ(world.b.contents(world.tick()).size(), 1u);
    for (const SimulatedDirector* end : {&world.a, &world.b}) EXPECT_LE(longest_left(*end, world.tick()), own + own / 8 + 3);
}

// Each side opened its own with one client port; the standby judged before the packet that decides.
TEST(Session, WhomAPacketMadeNewerIsJudgedAgain) {
    World world(7);
    world.settle();
    std::uint16_t port = 1000;
    const auto servers_differ = [&] { return !difference(world.a.contents(world.tick()), world.b.contents(world.tick())).empty(); };
    do {
        ++port;
        world.a.packet(1, port, 0, table::FLOW_syn, world.tick(), world.dice);
        world.now += 3s;
        world.b.packet(1, port, 0, table::FLOW_syn, world.tick(), world.dice);
    } while (!servers_differ() && port < 1020);
    world.send(world.a, world.b);
    world.deliver(world.b, SIZE_MAX);
    EXPECT_GT(world.b.session->counters().kept_mine, 0u);
    world.now += 3s;  // too little to be told for itself
    world.a.packet(1, port, 0, table::FLOW_syn, world.tick(), world.dice);
    const auto right = world.a.contents(world.tick());
    for (int i = 0; i < 5; ++i) world.step(1ms);
    EXPECT_THAT(difference(right, world.a.contents(world.tick())), testing::IsEmpty());
    EXPECT_THAT(difference(right, world.b.contents(world.tick())), testing::IsEmpty());
}

}  // namespace
}  // namespace lvx::sync
