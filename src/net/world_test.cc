// Which interfaces carry the data plane, by which hook, and what is wrong with the rest.
#include "net/world.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_world.hh"

namespace lvx::net {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<InterfaceRequest> none;

InterfacePlan plan_for(const World& world, std::vector<Address> virtuals, std::vector<Address> servers) {
    return choose_interfaces(world, virtuals, {}, servers, none, Hook::automatic);
}

std::vector<std::string> names(const InterfacePlan& plan) {
    std::vector<std::string> result;
    for (const InterfaceChoice& choice : plan.choices) result.push_back(choice.name);
    return result;
}

const std::vector<Address> vip = {address("192.168.88.23")};
const std::vector<Address> servers = {address("10.0.0.2"), address("10.0.0.3")};

TEST(ChooseInterfaces, TwoArmedServesBothArms) {
    const InterfacePlan plan = plan_for(two_armed(), vip, servers);
    EXPECT_THAT(plan.problems, IsEmpty());
    ASSERT_EQ(plan.choices.size(), 2u);
    EXPECT_EQ(plan.choices[0], (InterfaceChoice{.ifindex = 2, .name = "eth0", .hook = Hook::xdp_native,
        .reason = "driver virtio_net has native XDP", .role = "virtual 192.168.88.23", .mac = mac(2), .mtu = 1500}));
    EXPECT_EQ(plan.choices[1].role, "route to 10.0.0.2, route to 10.0.0.3");
}

TEST(ChooseInterfaces, OneArmedServesOneInterfaceInBothRoles) {
    const InterfacePlan plan = plan_for(two_armed(), vip, {address("192.168.88.30")});
    ASSERT_THAT(names(plan), ElementsAre("eth0"));
    EXPECT_EQ(plan.choices[0].role, "virtual 192.168.88.23, route to 192.168.88.30");
}

TEST(ChooseInterfaces, WithoutClusterServesNone) {
    EXPECT_EQ(plan_for(two_armed(), {}, {}), InterfacePlan{});
}

TEST(ChooseInterfaces, MeetsVlanFramesOnTheDeviceBelow) {
    World world = two_armed();
    Link vlan = link(7, "eth1.100", "vlan");
    vlan.lower = 3;
    vlan.vlan = 100;
    add(world, vlan);
    add_address(world, 7, "10.1.0.1/24");
    add_route(world, "10.1.0.0/24", 7);
    const InterfacePlan plan = plan_for(world, {address("10.1.0.1")}, {address("10.1.0.2")});
    ASSERT_THAT(names(plan), ElementsAre("eth1"));
    EXPECT_EQ(plan.choices[0].role, "virtual 10.1.0.1, route to 10.1.0.2");
}

TEST(ChooseInterfaces, ServersBehindAGatewayAreMetWhereTheGatewayIs) {
    EXPECT_THAT(names(plan_for(two_armed(), vip, {address("203.0.113.9")})), ElementsAre("eth0"));
}

TEST(ChooseInterfaces, AVirtualAddressOnLoopbackIsMetOnTheDefaultRoute) {
    World world = two_armed();
    add_address(world, 1, "198.51.100.5/32");
    const InterfacePlan plan = plan_for(world, {address("198.51.100.5")}, servers);
    EXPECT_THAT(names(plan), ElementsAre("eth0", "eth1"));
    EXPECT_EQ(plan.choices[0].role, "virtual 198.51.100.5");
    EXPECT_THAT(plan.problems, IsEmpty());
}

TEST(ChooseInterfaces, AVirtualAddressOnLoopbackWithoutDefaultRouteIsMetEverywhere) {
    World world = two_armed();
    add_address(world, 1, "198.51.100.5/32");
    world.routes.pop_back();
    EXPECT_THAT(names(plan_for(world, {address("198.51.100.5")}, {})), ElementsAre("eth0", "eth1"));
}

TEST(ChooseInterfaces, AVirtualAddressOnLoopbackOfAFamilyNobodySpeaksIsAProblem) {
    World world = two_armed();
    add_address(world, 1, "2001:db8::5/128");
    const InterfacePlan plan = plan_for(world, {address("2001:db8::5")}, {});
    EXPECT_THAT(plan.problems, ElementsAre("no interface leads to the clients of 2001:db8::5"));
}

TEST(ChooseInterfaces, AVirtualAddressThatIsRoutedHereNeedsNoOwner) {
    const InterfacePlan plan = plan_for(two_armed(), {address("203.0.113.80")}, {});
    EXPECT_THAT(names(plan), ElementsAre("eth0"));
    EXPECT_THAT(plan.problems, IsEmpty());
}

TEST(ChooseInterfaces, AVirtualAddressOnALinkThatNobodyAnswersForIsAProblemWithItsRemedy) {
    const InterfacePlan plan = plan_for(two_armed(), {address("192.168.88.99")}, {});
    EXPECT_THAT(names(plan), ElementsAre("eth0"));
    EXPECT_THAT(plan.problems, ElementsAre("no interface carries 192.168.88.99, so clients find nobody who answers for "
                                           "it: ip address add 192.168.88.99 dev eth0"));
}

TEST(ChooseInterfaces, AddressesWithoutAnyRouteAreProblems) {
    World world = two_armed();
    world.routes.pop_back();
    const InterfacePlan plan = plan_for(world, {address("203.0.113.80")}, {address("203.0.113.9")});
    EXPECT_THAT(plan.choices, IsEmpty());
    EXPECT_THAT(plan.problems, ElementsAre("no interface carries 203.0.113.80", "203.0.113.9: no route"));
}

TEST(ChooseInterfaces, ARealServerThatIsTheDirectorIsAProblem) {
    EXPECT_THAT(plan_for(two_armed(), {}, {address("10.0.0.1")}).problems,
                ElementsAre("10.0.0.1: a real server with an address of the director itself"));
}

TEST(ChooseInterfaces, SpeaksIpv6) {
    World world = two_armed();
    add_address(world, 2, "2001:db8::23/64");
    add_route(world, "fd00::/64", 3);
    EXPECT_THAT(names(plan_for(world, {address("2001:db8::23")}, {address("fd00::2")})), ElementsAre("eth0", "eth1"));
}

TEST(ChooseInterfaces, NamesEachAddressOnceAndNotAThousandOfThem) {
    std::vector<Address> many;
    for (std::uint32_t i = 0; i < 200; ++i) many.push_back(Address::v4(0x0a000002 + i / 2));
    EXPECT_EQ(plan_for(two_armed(), {}, many).choices[0].role,
              "route to 10.0.0.2, route to 10.0.0.3, route to 10.0.0.4, route to 10.0.0.5 and 96 more");
}

TEST(ChooseInterfaces, NamedInterfacesAreTheOnlyOnes) {
    const std::vector<InterfaceRequest> requests = {{"eth1", Hook::automatic}, {"eth7", Hook::automatic}};
    const InterfacePlan plan = choose_interfaces(two_armed(), vip, {}, servers, requests, Hook::automatic);
    EXPECT_THAT(names(plan), ElementsAre("eth1"));
    EXPECT_THAT(plan.problems, ElementsAre("eth7: no such interface"));
}

TEST(ChooseInterfaces, ANamedInterfaceWithoutRoleSaysSo) {
    const InterfacePlan plan = choose_interfaces(two_armed(), {}, {}, {}, {{"eth1", Hook::automatic}}, Hook::automatic);
    ASSERT_EQ(plan.choices.size(), 1u);
    EXPECT_EQ(plan.choices[0].role, "named by --interface");
}

TEST(ChooseInterfaces, AForcedHookOverridesTheChoiceAndAnInterfacesOwnWordOverridesBoth) {
    const std::vector<InterfaceRequest> requests = {{"eth0", Hook::automatic}, {"eth1", Hook::tc}};
    const InterfacePlan plan = choose_interfaces(two_armed(), vip, {}, servers, requests, Hook::xdp_generic);
    ASSERT_EQ(plan.choices.size(), 2u);
    EXPECT_EQ(plan.choices[0].hook, Hook::xdp_generic);
    EXPECT_EQ(plan.choices[0].reason, "forced by --hook xdp-generic");
    EXPECT_EQ(plan.choices[1].hook, Hook::tc);
    EXPECT_EQ(plan.choices[1].reason, "forced by --interface eth1=tc");
}

TEST(ChooseInterfaces, AnInterfaceNamedTwiceIsServedOnce) {
    const std::vector<InterfaceRequest> requests = {{"eth0", Hook::tc}, {"eth0", Hook::xdp_native}};
    const InterfacePlan plan = choose_interfaces(two_armed(), vip, {}, servers, requests, Hook::automatic);
    ASSERT_EQ(plan.choices.size(), 1u);
    EXPECT_EQ(plan.choices[0].hook, Hook::tc);
}

TEST(ChooseInterfaces, ADeviceWithoutEthernetIsAProblem) {
    World world = two_armed();
    Link tunnel = link(9, "wg0", "wireguard");
    tunnel.mac = {};
    add(world, tunnel);
    add_route(world, "10.9.0.0/24", 9);
    const InterfacePlan plan = plan_for(world, {}, {address("10.9.0.2")});
    EXPECT_THAT(plan.choices, IsEmpty());
    EXPECT_THAT(plan.problems, ElementsAre("wg0: carries no Ethernet frames"));
}

TEST(HookText, IsReadAsItIsWritten) {
    for (const Hook hook : {Hook::automatic, Hook::xdp_native, Hook::xdp_generic, Hook::tc})
        EXPECT_EQ(hook_from_text(hook_text(hook)), hook);
    EXPECT_EQ(hook_from_text("xdp"), Hook::xdp_native);
    EXPECT_FALSE(hook_from_text("XDP"));
    EXPECT_FALSE(hook_from_text(""));
}

}  // namespace
}  // namespace lvx::net
