// A Session's invariants by seed: packets at both ends, a link that breaks, restarts at any step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;

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

// What one side has and the other has not, but for connections whose time is over there.
std::vector<std::string> disagreement(const World& world) {
    auto result = difference(world.a.contents(world.tick()), world.b.contents(world.tick()));
    for (const SimulatedDirector* end : {&world.a, &world.b})
        for (const std::string& one : end->ending(world.tick())) std::erase(result, one);
    return result;
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
    EXPECT_THAT(disagreement(world), testing::IsEmpty());
    EXPECT_FALSE(world.opened.empty());
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

INSTANTIATE_TEST_SUITE_P(Seeds, Simulation, testing::Range(1, 201));
INSTANTIATE_TEST_SUITE_P(Found, Simulation, testing::Values(352, 355));

}  // namespace
}  // namespace lvx::sync
