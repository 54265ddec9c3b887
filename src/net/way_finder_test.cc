// Which way leads to an address: longest prefix, metrics, gateways, VLANs, and what is no way at all.
#include "net/way_finder.hh"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "net/test_world.hh"

namespace lvx::net {
namespace {

using namespace test;

TEST(WayTo, ANeighbourOnTheLinkIsTheAddressItself) {
    const auto way = way_to(two_armed(), address("10.0.0.2"));
    EXPECT_EQ(way, (Way{.ifindex = 3, .route_ifindex = 3, .source_mac = mac(3), .neighbour = address("10.0.0.2"), .mac = mac(0x22)}));
}

TEST(WayTo, AnAddressBehindAGatewayHasTheGatewaysMac) {
    World world = two_armed();
    add_neighbour(world, 2, "192.168.88.1", mac(0x99), NeighbourState::stale);
    const auto way = way_to(world, address("203.0.113.9"));
    ASSERT_TRUE(way);
    EXPECT_EQ(way->neighbour, address("192.168.88.1"));
    EXPECT_EQ(way->mac, mac(0x99));
}

TEST(WayTo, AnOwnAddressIsNowhere) { EXPECT_FALSE(way_to(two_armed(), address("192.168.88.23"))); }

TEST(WayTo, WithoutRouteThereIsNone) {
    World world = two_armed();
    world.routes.pop_back();
    EXPECT_FALSE(way_to(world, address("203.0.113.9")));
    EXPECT_FALSE(way_to(World{}, address("203.0.113.9")));
}

TEST(WayTo, TheLongestPrefixWinsOverAnyMetric) {
    World world = two_armed();
    add_gateway(world, "10.0.0.128/25", 2, "192.168.88.7");
    world.routes.back().metric = 5000;
    EXPECT_EQ(way_to(world, address("10.0.0.127"))->ifindex, 3u);
    EXPECT_EQ(way_to(world, address("10.0.0.128"))->ifindex, 2u);
}

TEST(WayTo, OfEqualPrefixesTheSmallerMetricWins) {
    World world = two_armed();
    world.routes[1].metric = 100;
    world.routes.push_back({.destination = prefix("10.0.0.0/24"), .ifindex = 2, .metric = 99});
    EXPECT_EQ(way_to(world, address("10.0.0.2"))->ifindex, 2u);
}

TEST(WayTo, ALinkThatIsDownOrGoneLeadsNowhere) {
    World down = two_armed();
    down.links[3].up = false;
    EXPECT_EQ(way_to(down, address("10.0.0.2"))->ifindex, 2u);  // the default route is what is left
    World gone = two_armed();
    gone.links.erase(3);
    EXPECT_EQ(way_to(gone, address("10.0.0.2"))->ifindex, 2u);
}

TEST(WayTo, ThroughAVlanLeavesByTheDeviceBelowWithItsTag) {
    World world = two_armed();
    Link vlan = link(7, "eth1.100", "vlan");
    vlan.lower = 3;
    vlan.vlan = 100;
    vlan.mtu = 1496;
    add(world, vlan);
    add_route(world, "10.1.0.0/24", 7);
    add_neighbour(world, 7, "10.1.0.2", mac(0x33), NeighbourState::permanent);
    EXPECT_EQ(way_to(world, address("10.1.0.2")),
              (Way{.ifindex = 3, .route_ifindex = 7, .vlan = 100, .mtu = 1496, .source_mac = mac(7),
                   .neighbour = address("10.1.0.2"), .mac = mac(0x33)}));
    world.links[3].up = false;
    EXPECT_FALSE(way_to(world, address("10.1.0.2"))) << "the device below is down";
}

TEST(WayTo, TheRoutesMtuCountsWhenItIsSmaller) {
    World world = two_armed();
    world.routes[1].mtu = 1400;
    EXPECT_EQ(way_to(world, address("10.0.0.2"))->mtu, 1400u);
    world.routes[1].mtu = 9000;
    EXPECT_EQ(way_to(world, address("10.0.0.2"))->mtu, 1500u);
}

TEST(WayTo, AnIpv6GatewayServesAnIpv4Route) {
    World world = two_armed();
    add_gateway(world, "198.51.100.0/24", 3, "fe80::1");
    add_neighbour(world, 3, "fe80::1", mac(0x44), NeighbourState::delay);
    EXPECT_EQ(way_to(world, address("198.51.100.1"))->mac, mac(0x44));
}

TEST(WayTo, FamiliesDoNotMix) {
    World world = two_armed();
    EXPECT_FALSE(way_to(world, address("2001:db8::1"))) << "an IPv4 default route is none for IPv6";
    add_gateway(world, "::/0", 3, "fe80::1");
    EXPECT_EQ(way_to(world, address("2001:db8::1"))->neighbour, address("fe80::1"));
    EXPECT_EQ(way_to(world, address("203.0.113.9"))->ifindex, 2u);
}

struct UsableCase { NeighbourState state; bool usable; };
class NeighbourUse : public testing::TestWithParam<UsableCase> {};

TEST_P(NeighbourUse, DependsOnItsState) {
    World world = two_armed();
    world.neighbours[0].state = GetParam().state;
    EXPECT_EQ(way_to(world, address("10.0.0.2"))->mac.has_value(), GetParam().usable);
}

INSTANTIATE_TEST_SUITE_P(All, NeighbourUse, testing::Values(
    UsableCase{NeighbourState::incomplete, false}, UsableCase{NeighbourState::reachable, true},
    UsableCase{NeighbourState::stale, true}, UsableCase{NeighbourState::delay, true}, UsableCase{NeighbourState::probe, true},
    UsableCase{NeighbourState::failed, false}, UsableCase{NeighbourState::noarp, false}, UsableCase{NeighbourState::permanent, true}));

TEST(WayTo, AMacOnAnotherLinkIsAnotherNeighbours) {
    World world = two_armed();
    world.neighbours[0].ifindex = 2;
    EXPECT_FALSE(way_to(world, address("10.0.0.2"))->mac);
}

TEST(PrefixOf, ClearsTheBitsBehind) {
    EXPECT_EQ(prefix_of(address("10.1.2.255"), 25), prefix("10.1.2.128/25"));
    EXPECT_EQ(prefix_of(address("10.1.2.255"), 32), prefix("10.1.2.255/32"));
    EXPECT_EQ(prefix_of(address("10.1.2.255"), 0), prefix("0.0.0.0/0"));
    EXPECT_EQ(prefix_of(address("2001:db8:ffff::1"), 33), prefix("2001:db8:8000::/33"));
    EXPECT_EQ(prefix_of(address("2001:db8::1"), 0), prefix("::/0"));
}

bool lies_in(const Address& each, const Prefix& where) {
    return each.family() == where.address.family() && prefix_of(each, where.length) == where;
}

// The naive twin: look at every route.
const Route* by_looking_at_all(const World& world, const Address& each) {
    const Route* best = nullptr;
    for (const Route& route : world.routes) {
        if (!lies_in(each, route.destination)) continue;
        if (best == nullptr || route.destination.length > best->destination.length ||
            (route.destination.length == best->destination.length && route.metric < best->metric))
            best = &route;
    }
    return best;
}

RC_GTEST_PROP(WayFinder, FindsWhatLookingAtEveryRouteFinds, ()) {
    World world = two_armed();
    world.routes.clear();
    const auto count = *rc::gen::inRange(0, 12);
    for (int i = 0; i < count; ++i) {
        const auto length = *rc::gen::inRange<std::uint8_t>(0, 33);
        const auto bits = *rc::gen::inRange<std::uint32_t>(0, 16) << 28 | *rc::gen::inRange<std::uint32_t>(0, 4);
        world.routes.push_back({.destination = prefix_of(Address::v4(bits), length),
                                .ifindex = *rc::gen::element(2u, 3u), .metric = *rc::gen::inRange(0u, 3u)});
    }
    const Address wanted = Address::v4(*rc::gen::inRange<std::uint32_t>(0, 16) << 28 | *rc::gen::inRange<std::uint32_t>(0, 4));
    const Route* expected = by_looking_at_all(world, wanted);
    const Route* found = WayFinder(world).route_to(wanted);
    RC_ASSERT((expected == nullptr) == (found == nullptr));
    if (expected != nullptr) RC_ASSERT(*expected == *found);
}

}  // namespace
}  // namespace lvx::net
