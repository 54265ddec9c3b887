// Virtual routers on devices that not every kernel has, IPVLAN and VRF: run by `./dev guest` alone, on Debian's kernel.
#include <gmock/gmock.h>

#include "tests/vrrp/segment.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

model::VrrpInstance instance(std::uint8_t priority) {
    return {.name = "VI", .interface = "eth0", .vrid = 51, .priority = priority, .version = 3, .advert_interval = 200ms,
            .addresses = {{.address = *Address::parse("10.9.0.100"), .prefix_length = 24}}};
}

lab::Lab segment() { return must(lab::Lab::build(lab::Lab::unique_name("vrrpdev"), segment_topology())); }
lab::Outcome run(const lab::Lab& lab, std::string_view node, const std::string& command) { return must(lab.run(node, lab::shell(command), 10s)); }

bool answers(const lab::Lab& lab, const char* address) {
    return run(lab, "client", fmt::format("timeout 1 bash -c 'echo > /dev/tcp/{}/9' 2>&1", address)).out.contains("refused");
}

TEST(Ipvlan, TheAddressLivesOnADeviceOfItsOwn) {
    const lab::Lab lab = segment();
    // Answers to questions in the name of the virtual address go to its device; the interface below must ask in its own.
    for (const char* node : {"left", "right"}) ASSERT_EQ(run(lab, node, "echo 2 > /proc/sys/net/ipv4/conf/eth0/arp_announce").status, 0);
    const auto with_device = [](std::uint8_t priority, const char* own) {
        model::VrrpInstance one = instance(priority);
        one.vmac = {.kind = model::VmacUse::Kind::ipvlan, .name = "vip0", .address = *Address::parse(own)};
        return one;
    };
    Router1 left(lab, "left", {.instances = {with_device(200, "10.9.0.11")}});
    Router1 right(lab, "right", {.instances = {with_device(100, "10.9.0.12")}});
    ASSERT_TRUE(left.await("VI", State::master)) << left.log() << run(lab, "left", "ip -d addr").out;
    EXPECT_TRUE(lab::wait_until(5s, [&] { return right.instance("VI")->master == Address::parse("10.9.0.11"); })) << right.log();
    EXPECT_THAT(run(lab, "left", "ip -br addr show vip0").out, HasSubstr("10.9.0.100/24"));
    EXPECT_TRUE(lab::wait_until(5s, [&] { return answers(lab, "10.9.0.100"); })) << run(lab, "left", "ip -d addr").out;
    left.thread->post(Failover{"VI", "root"});
    ASSERT_TRUE(right.await("VI", State::master)) << right.log();
    EXPECT_TRUE(lab::wait_until(5s, [&] { return answers(lab, "10.9.0.100"); })) << run(lab, "right", "ip neigh").out;
    right.thread->stop();
    EXPECT_FALSE(run(lab, "right", "ip link").out.contains("vip0")) << "it goes with the daemon";
}

TEST(Vrf, AnInstanceWorksInItsVrfAndIsAtFaultOutsideOfIt) {
    const lab::Lab lab = segment();
    ASSERT_EQ(run(lab, "left", "ip link add red type vrf table 10 && ip link set red up && ip link set eth0 master red").status, 0);
    model::VrrpInstance in_red = instance(200);
    in_red.vrf = "red";
    Router1 left(lab, "left", {.instances = {in_red}});
    Router1 right(lab, "right", {.instances = {instance(100)}});
    ASSERT_TRUE(left.await("VI", State::master)) << left.log() << run(lab, "left", "ip -d link").out;
    EXPECT_TRUE(lab::wait_until(5s, [&] { return right.instance("VI")->master == Address::parse("10.9.0.1"); })) << right.log();
    EXPECT_THAT(run(lab, "left", "ip route show vrf red").out, HasSubstr("10.9.0.0/24"));
    EXPECT_TRUE(has_address(lab, "left", "10.9.0.100"));
    ASSERT_EQ(run(lab, "left", "ip link set eth0 nomaster").status, 0);
    ASSERT_TRUE(left.await("VI", State::fault)) << left.log();
    EXPECT_THAT(left.instance("VI")->faults, Contains("interface eth0 is not in VRF red"));
    EXPECT_TRUE(right.await("VI", State::master));
    ASSERT_EQ(run(lab, "left", "ip link set eth0 master red").status, 0);
    EXPECT_TRUE(left.await("VI", State::master)) << left.log();
}

}  // namespace
}  // namespace lvx::vrrp
