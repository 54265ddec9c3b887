#include "net/hook_choice.hh"

#include <gtest/gtest.h>

#include "net/test_world.hh"

namespace lvx::net {
namespace {

using namespace test;

HookChoice alone(const Link& link) { return choose_hook(World{}, link); }

TEST(ChooseHook, GivesNativeXdpToDriversThatHaveIt) {
    EXPECT_EQ(alone(nic(2, "eth0", "virtio_net")), (HookChoice{Hook::xdp_native, "driver virtio_net has native XDP"}));
    EXPECT_EQ(alone(nic(2, "eth0", "mlx5_core")).hook, Hook::xdp_native);
}

TEST(ChooseHook, GivesTcToOtherDrivers) {
    EXPECT_EQ(alone(nic(2, "eth0", "r8169")), (HookChoice{Hook::tc, "driver r8169 is not known to have native XDP"}));
    EXPECT_EQ(alone(nic(2, "eth0", "")), (HookChoice{Hook::tc, "its driver is not known"}));
}

TEST(ChooseHook, GivesTcWhereAFrameDoesNotFitOneBuffer) {
    Link jumbo = nic(2, "eth0", "i40e");
    jumbo.mtu = 3046;
    EXPECT_EQ(alone(jumbo).hook, Hook::xdp_native);
    jumbo.mtu = 3047;
    EXPECT_EQ(alone(jumbo), (HookChoice{Hook::tc, "MTU 3047 does not fit one buffer of native XDP"}));
}

TEST(ChooseHook, GivesTcToWhatCarriesSuperFrames) {
    EXPECT_EQ(alone(link(2, "veth0", "veth")), (HookChoice{Hook::tc, "veth carries super-frames"}));
    EXPECT_EQ(alone(link(2, "tap0", "tun")), (HookChoice{Hook::tc, "tap carries super-frames"}));
    EXPECT_EQ(alone(link(2, "br0", "bridge")).hook, Hook::tc);
    EXPECT_EQ(alone(link(2, "d0", "dummy")).hook, Hook::tc);
    EXPECT_EQ(alone(link(2, "x0", "vxlan")), (HookChoice{Hook::tc, "vxlan is a virtual device"}));
    EXPECT_EQ(alone(loopback()).reason, "loopback has no native XDP");
}

TEST(ChooseHook, GivesTcToAPortOfABridge) {
    World world;
    add(world, link(5, "br0", "bridge"));
    Link port = nic(2, "eth0", "ixgbe");
    port.master = 5;
    add(world, port);
    EXPECT_EQ(choose_hook(world, port), (HookChoice{Hook::tc, "port of br0, which carries super-frames"}));
}

World bond_of(const std::vector<Link>& ports) {
    World world;
    add(world, link(5, "bond0", "bond"));
    for (Link port : ports) {
        port.master = 5;
        add(world, port);
    }
    return world;
}

TEST(ChooseHook, GivesABondWhatAllItsPortsHave) {
    const World good = bond_of({nic(2, "eth0", "ice"), nic(3, "eth1", "ice")});
    EXPECT_EQ(choose_hook(good, good.links.at(5)).hook, Hook::xdp_native);
    const World mixed = bond_of({nic(2, "eth0", "ice"), nic(3, "eth1", "r8169")});
    EXPECT_EQ(choose_hook(mixed, mixed.links.at(5)), (HookChoice{Hook::tc, "bond whose port eth1 has no native XDP"}));
    EXPECT_EQ(choose_hook(bond_of({}), link(5, "bond0", "bond")).hook, Hook::tc);
}

}  // namespace
}  // namespace lvx::net
