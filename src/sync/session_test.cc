#include "sync/session.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;

// Both ends and a link that loses nothing until it breaks.
class World {
 public:
    explicit World(std::uint64_t seed) : World(seed, 64) {}
    World(std::uint64_t seed, std::uint32_t buckets_of_b) : dice{seed}, a(10, 64, seed), b(20, buckets_of_b, seed + 1) {
        a.opened = b.opened = &opened;
        connect();
    }

    Moment moment() const { return {.table = {.tick = static_cast<std::uint32_t>(now / 1s), .tick_us = 1'000'000}, .now = now}; }

    void connect() {
        for (SimulatedDirector* end : {&a, &b}) {
            end->session = std::make_unique<Session>(*end->side, Hello{.node = end->node, .boot = 1}, limits, moment());
            end->inbox.clear();
        }
    }
    void send(SimulatedDirector& from, SimulatedDirector& to) {
        for (const std::uint32_t slot : from.changes()) from.session->note(slot);
        for (const auto& bytes : {from.session->diff(moment()), from.session->upkeep(moment())}) to.inbox.insert(to.inbox.end(), bytes.begin(), bytes.end());
    }
    void deliver(SimulatedDirector& to, std::size_t at_most) {
        std::vector<std::uint8_t> bytes;
        for (; !to.inbox.empty() && bytes.size() < at_most; to.inbox.pop_front()) bytes.push_back(to.inbox.front());
        const auto applied = to.session->apply(bytes, moment());
        ASSERT_TRUE(applied) << fault_name(applied.error());
    }
    void step(Microseconds time) {
        now += time;
        send(a, b);
        send(b, a);
        deliver(a, SIZE_MAX);
        deliver(b, SIZE_MAX);
    }
    // Nobody sends packets; time enough for every region's digest to be compared, twice.
    void settle() {
        for (int i = 0; i < 60; ++i) step(100ms);
    }
    std::uint32_t tick() const { return static_cast<std::uint32_t>(now / 1s); }

    SessionLimits limits{.round = 1s};
    Microseconds now{100s};
    Dice dice;
    std::set<SimulatedDirector::Identity> opened;
    SimulatedDirector a, b;
};

std::vector<std::string> difference(const std::set<std::string>& one, const std::set<std::string>& other) {
    std::vector<std::string> result;
    std::ranges::set_symmetric_difference(one, other, std::back_inserter(result));
    return result;
}

void random_packet(World& world, SimulatedDirector& end) {
    const std::uint32_t event = std::array{table::FLOW_syn, table::FLOW_syn, table::FLOW_ack, table::FLOW_ack, table::FLOW_fin,
                                           table::FLOW_rst}[world.dice.below(6)];
    end.packet(world.dice.below(40), static_cast<std::uint16_t>(1000 + world.dice.below(4)), world.dice.below(4), event, world.tick(), world.dice);
}

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
class Simulation : public testing::TestWithParam<int> {};

void one_event(World& world) {
    const std::uint32_t what = world.dice.below(1000);
    SimulatedDirector& end = world.dice.chance(80) ? world.a : world.b;
    if (what < 700) random_packet(world, end);
    else if (what < 800) world.deliver(end, 1 + world.dice.below(300));
    else if (what < 900) world.send(&end == &world.a ? world.a : world.b, &end == &world.a ? world.b : world.a);
    else if (what < 990) world.now += std::chrono::milliseconds(world.dice.below(900));
    else if (what < 996) world.connect();
    else {  // restart with an empty table
        for (std::uint32_t slot = 0; slot < end.side->slots(); ++slot)
            table::table_remove(&end.packets, slot, end.side->control(slot), 0, world.tick());
        world.connect();
    }
}

TEST_P(Simulation, BothTablesAreEqualAfterQuiescenceAndNothingIsInvented) {
    World world(static_cast<std::uint64_t>(GetParam()));
    world.limits.silence = 1h;
    world.limits.window = 2048 + world.dice.below(20000);
    world.connect();
    for (int i = 0; i < 3000; ++i) one_event(world);
    if (HasFatalFailure()) return;
    world.settle();
    world.settle();
    const auto one = world.a.contents(world.tick()), other = world.b.contents(world.tick());
    EXPECT_THAT(difference(one, other), testing::IsEmpty());
    EXPECT_FALSE(one.empty());
    for (std::uint32_t slot = 0; slot < world.a.side->slots(); ++slot) {
        std::uint64_t control = 0;
        const auto c = world.a.side->read(slot, world.moment().table, control);
        if (!c) continue;
        const auto client = c->key.client.address.v4_value() - 0xc0a80000;
        const auto service = (c->key.destination.address.v4_value() - 0xc0000201) * 2 + c->key.destination.port - 80u;
        const auto raw = static_cast<std::uint16_t>(c->key.client.port << 8 | c->key.client.port >> 8);
        EXPECT_TRUE(world.opened.contains(SimulatedDirector::identity(client, raw, service))) << c->key.client.text();
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Simulation, testing::Range(1, 61));

}  // namespace
}  // namespace lvx::sync
