#include "dataplane/sizes.hh"

#include <gtest/gtest.h>

#include <cerrno>

namespace lvx::dataplane {
namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

TEST(Sizes, DefaultToAMillionConnectionsOnALargeMachine) {
    EXPECT_EQ(layout({}, 64 * gibibyte, 2)->capacity, most_default_connections);
}

TEST(Sizes, TakeNoMoreThanTheirShareOfASmallMachine) {
    const Layout small = *layout({}, gibibyte / 2, 1);
    EXPECT_LT(small.capacity, most_default_connections);
    EXPECT_LE(bytes(small), gibibyte / 2 / memory_share + (4u << 20));
}

TEST(Sizes, NeverFallBelowTheLeastDefault) { EXPECT_EQ(layout({}, 1, 1)->capacity, least_default_connections); }

// Each CPU has counters of its own for every server: beyond four CPUs it is the 12,288 servers that cost, not the
// connections, and with the servers a smaller site has, 16 CPUs stay below the bound as well.
TEST(Sizes, CostAtMost96BytesPerConnectionAtAMillion) {
    for (const std::uint32_t cpus : {1u, 2u, 4u})
        EXPECT_LE(bytes(*layout({.connections = 1u << 20}, gibibyte, cpus)), 96u << 20) << cpus;
    EXPECT_LE(bytes(*layout({.connections = 1u << 20, .servers = 4096}, gibibyte, 16)), 96u << 20);
}

TEST(Sizes, AreWhatTheOperatorAskedFor) {
    const Layout asked = *layout({.connections = 1000, .services = 3, .servers = 5, .pool_words = 17}, gibibyte, 1);
    EXPECT_EQ(asked.capacity, 1000u);
    EXPECT_EQ(asked.services, 3u);
    EXPECT_EQ(asked.servers, 5u);
    EXPECT_EQ(asked.pool_words, 32u);  // whole lines
}

TEST(Sizes, HaveAnEnd) {
    EXPECT_TRUE(layout({.connections = most_connections}, gibibyte, 1));
    const auto refused = layout({.connections = most_connections + 1}, gibibyte, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ERANGE);
}

TEST(Sizes, KnowTheMachinesMemory) {
    const Memory memory = machine_memory();
    EXPECT_GT(memory.available, 0u);
    EXPECT_GE(memory.total, memory.available);
}

}  // namespace
}  // namespace lvx::dataplane
