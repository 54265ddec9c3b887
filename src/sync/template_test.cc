// Templates in the stream between two directors: there as soon as connections are, kept as long, alone where that is wished.
#include <gtest/gtest.h>

#include <algorithm>

#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;

// Both ends, whose clients keep their servers at one service, and a link that loses nothing.
class World {
 public:
    explicit World(std::uint64_t seed) : dice{seed}, a(10, 64, seed), b(20, 64, seed + 1) {
        for (SimulatedDirector* end : {&a, &b}) {
            end->persist();
            end->session = std::make_unique<Session>(*end->side, Hello{.node = end->node, .boot = 1}, SessionLimits{.round = 1s}, moment());
        }
        settle();
    }

    Moment moment() const { return {.table = {.tick = tick(), .tick_us = 1'000'000}, .now = now}; }
    std::uint32_t tick() const { return static_cast<std::uint32_t>(now / 1s); }
    void step(Microseconds time) {
        now += time;
        carry(a, b);
        carry(b, a);
    }
    void settle() {
        for (int i = 0; i < 60; ++i) step(100ms);
    }

    Microseconds now{100s};
    Dice dice;
    SimulatedDirector a, b;

 private:
    void carry(SimulatedDirector& from, SimulatedDirector& to) {
        for (const std::uint32_t slot : from.changes()) from.session->note(slot);
        for (const auto& bytes : {from.session->diff(moment()), from.session->upkeep(moment())}) EXPECT_TRUE(to.session->apply(bytes, moment()));
    }
};

TEST(TemplateSession, ATemplateTravelsAsOneAndRenewalsFollow) {
    World world(31);
    world.a.packet(1, 1000, SimulatedDirector::persistent, table::FLOW_syn, world.tick(), world.dice);
    world.step(1ms);
    EXPECT_EQ(world.b.contents(world.tick()).size(), 2u);
    EXPECT_EQ(world.a.contents(world.tick()), world.b.contents(world.tick()));
    for (int i = 0; i < 250; ++i) world.step(1s);
    world.a.packet(1, 1001, SimulatedDirector::persistent, table::FLOW_syn, world.tick(), world.dice);
    for (int i = 0; i < 200; ++i) world.step(1s);
    const auto kept = [&](SimulatedDirector& end) {
        return std::ranges::count_if(end.contents(world.tick()), [](const std::string& one) { return one.ends_with(" " + std::to_string(STATE_template)); });
    };
    EXPECT_EQ(kept(world.a), 1);
    EXPECT_EQ(kept(world.b), 1);
    std::uint32_t persistent = 0;
    for (std::uint32_t id = 0; id < world.b.tables().server_count(); ++id) persistent += world.b.tables().load(id).persistent;
    EXPECT_EQ(persistent, 1u);
    world.b.packet(2, 1000, SimulatedDirector::persistent, table::FLOW_syn, world.tick(), world.dice);  // of the same network
    EXPECT_EQ(kept(world.b), 1);
}

TEST(TemplateSession, WithTemplatesAloneConnectionsOfPersistentServicesStayAtHome) {
    World world(32);
    world.a.side->tell(Telling::templates);
    world.a.packet(1, 1000, SimulatedDirector::persistent, table::FLOW_syn, world.tick(), world.dice);
    world.a.packet(1, 1000, 0, table::FLOW_syn, world.tick(), world.dice);
    world.step(1ms);
    world.settle();
    const auto here = world.b.contents(world.tick());
    EXPECT_EQ(here.size(), 2u);
    EXPECT_EQ(std::ranges::count_if(here, [](const std::string& one) { return one.ends_with(" " + std::to_string(STATE_template)); }), 1);
    EXPECT_EQ(world.b.session->counters().digests_differed, 0u);
    world.a.side->tell(Telling::everything);
    world.settle();
    EXPECT_EQ(world.b.contents(world.tick()).size(), 3u);
    world.a.side->tell(Telling::templates);
    world.settle();
    EXPECT_EQ(world.b.contents(world.tick()).size(), 2u);
}

}  // namespace
}  // namespace lvx::sync
