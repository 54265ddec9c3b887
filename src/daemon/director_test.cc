// What the director decides to do: actions for changes, and none where nothing changed.
#include "daemon/director.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_world.hh"

namespace lvx::daemon {
namespace {

using namespace net::test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const net::Instant start{1h};

model::Service service(std::string_view address_text, std::vector<std::string_view> servers) {
    model::Service result{.key = {.address = address(address_text), .port = 80}, .scheduler = "rr"};
    for (const std::string_view each : servers) result.servers.push_back({.endpoint = {address(each), 80}});
    return result;
}

model::Cluster web() { return {.services = {service("192.168.88.23", {"10.0.0.2", "10.0.0.3"})}}; }

Step first(const model::Cluster& cluster, const net::World& world) { return step({}, cluster, world, {}, start); }

template <class T>
std::vector<T> of_kind(const Step& step) {
    std::vector<T> result;
    for (const Action& action : step.actions)
        if (const T* found = std::get_if<T>(&action)) result.push_back(*found);
    return result;
}

TEST(Step, TheFirstOneSetsInterfacesAndWaysAndAsksForUnknownNeighbours) {
    const Step result = first(web(), two_armed());
    ASSERT_EQ(of_kind<SetInterfaces>(result).size(), 1u);
    EXPECT_EQ(of_kind<SetInterfaces>(result)[0].choices.size(), 2u);
    const auto ways = of_kind<SetWays>(result);
    ASSERT_EQ(ways.size(), 1u);
    ASSERT_EQ(ways[0].ways.size(), 2u);
    EXPECT_TRUE(ways[0].ways[0].way->mac);
    EXPECT_FALSE(ways[0].ways[1].way->mac);
    EXPECT_THAT(of_kind<Solicit>(result), ElementsAre(Solicit{{{{2, address("192.168.88.1")}, net::Question::resolve},
                                                               {{3, address("10.0.0.3")}, net::Question::resolve}}}));
    EXPECT_EQ(result.wake, start + net::first_retry);
}

TEST(Step, WithoutClusterTakesTheDataPlaneOffEveryInterface) {
    const Step result = first({}, two_armed());
    EXPECT_THAT(of_kind<SetInterfaces>(result), ElementsAre(SetInterfaces{}));
    EXPECT_THAT(of_kind<SetWays>(result), ElementsAre(SetWays{}));
}

TEST(Step, ASecondOneDoesNothingWhereNothingChanged) {
    const Step before = first(web(), two_armed());
    EXPECT_THAT(step(before.mind, web(), two_armed(), {}, start + 1ms).actions, IsEmpty());
}

TEST(Step, ANeighbourThatBecomesKnownChangesTheWaysAlone) {
    const Step before = first(web(), two_armed());
    net::World world = two_armed();
    add_neighbour(world, 3, "10.0.0.3", mac(0x23), net::NeighbourState::reachable);
    const Step after = step(before.mind, web(), world, {}, start + 1ms);
    EXPECT_EQ(of_kind<SetWays>(after).size(), 1u);
    ASSERT_EQ(of_kind<WayChanged>(after).size(), 1u);
    EXPECT_EQ(of_kind<WayChanged>(after)[0].after.way->mac, mac(0x23));
    EXPECT_EQ(after.actions.size(), 2u);
}

TEST(Step, ANeighbourThatFallsSilentIsToldAndAskedAgain) {
    const Step before = first(web(), two_armed());
    net::World world = two_armed();
    world.neighbours[0].state = net::NeighbourState::failed;
    const Step after = step(before.mind, web(), world, {}, start + 1ms);
    ASSERT_EQ(of_kind<WayChanged>(after).size(), 1u);
    EXPECT_FALSE(of_kind<WayChanged>(after)[0].after.way->mac);
    EXPECT_THAT(of_kind<Solicit>(after), ElementsAre(Solicit{{{{3, address("10.0.0.2")}, net::Question::resolve}}}));
    EXPECT_THAT(of_kind<ForgetClientWays>(after), IsEmpty());
}

TEST(Step, RoutesLinksAndOtherMacsMakeWaysToClientsOld) {
    const Step before = first(web(), two_armed());
    net::World route = two_armed(), link = two_armed(), other = two_armed(), fresh = two_armed();
    add_gateway(route, "198.51.100.0/24", 2, "192.168.88.9");
    link.links[2].mtu = 1400;
    other.neighbours[0].mac = mac(0x77);
    add_neighbour(fresh, 2, "192.168.88.21", mac(0x21), net::NeighbourState::stale);
    for (const net::World* world : {&route, &link, &other})
        EXPECT_EQ(of_kind<ForgetClientWays>(step(before.mind, web(), *world, {}, start)).size(), 1u);
    EXPECT_THAT(of_kind<ForgetClientWays>(step(before.mind, web(), fresh, {}, start)), IsEmpty());
}

TEST(Step, ARefusedDriverIsServedAtTc) {
    Mind mind;
    mind.without_native_xdp = {2};
    const Step result = step(mind, web(), two_armed(), {}, start);
    const auto choices = of_kind<SetInterfaces>(result)[0].choices;
    EXPECT_EQ(choices[0].hook, net::Hook::tc);
    EXPECT_EQ(choices[0].reason, "the driver refused native XDP");
    EXPECT_EQ(choices[1].hook, net::Hook::xdp_native);
    const Step forced = step(mind, web(), two_armed(), {.hook = net::Hook::xdp_native}, start);
    EXPECT_EQ(of_kind<SetInterfaces>(forced)[0].choices[0].hook, net::Hook::xdp_native);
}

TEST(Step, RefusedInterfacesAreHandedOverAgainWhenAsked) {
    Mind mind = first(web(), two_armed()).mind;
    mind.retry_interfaces = true;
    const Step again = step(mind, web(), two_armed(), {}, start);
    EXPECT_EQ(of_kind<SetInterfaces>(again).size(), 1u);
    EXPECT_FALSE(again.mind.retry_interfaces);
}

TEST(Step, NobodyMissesAnAddressThatAVirtualRouterTakes) {
    model::Cluster cluster = web();
    const Address away = *Address::parse("192.168.88.99");
    cluster.services.front().key.address = away;
    EXPECT_FALSE(step(Mind{}, cluster, two_armed(), {}, start).problems.empty());
    const Step standby = step(Mind{}, cluster, two_armed(), {.moving = {away}}, start);
    EXPECT_TRUE(standby.problems.empty());
    EXPECT_EQ(of_kind<SetInterfaces>(standby)[0].choices.size(), 2u) << "it is ready on both sides";
}

TEST(Step, TellsTheProblemsOfTheWholePicture) {
    model::Cluster cluster = web();
    cluster.services.push_back(service("2001:db8::80", {}));
    EXPECT_THAT(first(cluster, two_armed()).problems, ElementsAre("no interface carries 2001:db8::80"));
}

TEST(Picture, KnowsEachServerAddressOnceInOrder) {
    model::Cluster cluster = web();
    cluster.services.push_back(service("192.168.88.24", {"10.0.0.3", "10.0.0.1"}));
    const Picture picture = picture_of(cluster, two_armed(), {}, {});
    ASSERT_EQ(picture.ways.size(), 3u);
    EXPECT_EQ(picture.ways[0].server, address("10.0.0.1"));
    EXPECT_FALSE(picture.ways[0].way) << "the director itself";
    EXPECT_EQ(picture.ways[2].server, address("10.0.0.3"));
}

}  // namespace
}  // namespace lvx::daemon
