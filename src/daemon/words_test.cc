#include "daemon/words.hh"

#include <gtest/gtest.h>

#include <cerrno>

#include "net/test_world.hh"

namespace lvx::daemon {
namespace {

using namespace net::test;

TEST(NeighbourText, SaysMacAndInterfaceOrWhyThereIsNone) {
    const net::World world = two_armed();
    EXPECT_EQ(neighbour_text(world, way_to(world, address("10.0.0.2"))), "02:00:00:00:00:22 on eth1");
    EXPECT_EQ(neighbour_text(world, way_to(world, address("10.0.0.9"))), "no answer to ARP on eth1");
    EXPECT_EQ(neighbour_text(world, way_to(world, address("fd00::9"))), "no route");
    EXPECT_EQ(neighbour_text(world, net::Way{.route_ifindex = 3, .neighbour = address("fd00::9")}), "no answer to NDP on eth1");
    EXPECT_EQ(neighbour_text({}, net::Way{.route_ifindex = 3}), "no answer to ARP on a device that is gone");
}

TEST(NamesInterface, FindsAWholeWordOnly) {
    const Error error{"cannot attach to eth1: refused", EBUSY};
    EXPECT_TRUE(names_interface(error, "eth1"));
    EXPECT_FALSE(names_interface(error, "eth"));
    EXPECT_FALSE(names_interface(error, "th1"));
    EXPECT_FALSE(names_interface({"cannot attach to eth1.100", EBUSY}, "eth1"));
    EXPECT_TRUE(names_interface({"eth10, eth1", EBUSY}, "eth1"));
}

TEST(WithHint, LeavesOutAHintThatIsNotThere) {
    EXPECT_EQ(with_hint({"no", EPERM}), "no: Operation not permitted");
    EXPECT_EQ(with_hint({"no", EPERM, "ask"}), "no: Operation not permitted; ask");
}

}  // namespace
}  // namespace lvx::daemon
