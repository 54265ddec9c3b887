// Virtual MAC addresses on the wire: alone, and beside Debian's keepalived 2.2.7 with use_vmac.
#include <gmock/gmock.h>

#include "segment.hh"
#include "tap.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* virtual_mac_v4 = "00:00:5e:00:01:33";

model::VrrpInstance instance(std::uint8_t priority) {
    return {.name = "VI", .interface = "eth0", .vrid = 51, .priority = priority, .version = 3, .advert_interval = steady,
            .addresses = {{.address = *Address::parse("10.9.0.100"), .prefix_length = 24}}, .vmac = {.kind = model::VmacUse::Kind::vmac}};
}

lab::Lab segment() { return must(lab::Lab::build(lab::Lab::unique_name("vrrpvm"), segment_topology())); }
std::string shown(const lab::Lab& lab, std::string_view node, const std::string& command) { return must(lab.run(node, lab::shell(command), patience)).out; }

// A port that nobody listens on: the refusal is an answer.
bool answers(const lab::Lab& lab, const char* address) {
    return shown(lab, "client", fmt::format("timeout 1 bash -c 'echo > /dev/tcp/{}/9' 2>&1", address)).contains("refused");
}

std::string mac_seen(const lab::Lab& lab, const char* address) { return shown(lab, "client", fmt::format("ip neigh show {}", address)); }

// Source MACs of adverts from `sender`.
std::set<std::string> advert_macs(Tap& tap, const std::string& sender) {
    std::set<std::string> result;
    for (const Heard1& one : tap.heard([&](const Heard1& each) { return each.protocol() == ip_protocol && each.sender() == sender; })) result.insert(one.source_mac());
    return result;
}

TEST(Vmac, TheAddressKeepsItsMacWhenAnotherDirectorTakesOver) {
    const lab::Lab lab = segment();
    Tap client(lab, "client", "eth0");
    Router1 left(lab, "left", {.instances = {instance(200)}});
    ASSERT_TRUE(left.await("VI", State::master)) << left.log();
    Router1 right(lab, "right", {.instances = {instance(100)}});
    ASSERT_TRUE(right.await("VI", State::backup));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return answers(lab, "10.9.0.100"); })) << left.log() << shown(lab, "left", "ip -d addr");
    ASSERT_TRUE(lab::wait_until(patience, [&] { return right.instance("VI")->master == Address::parse("10.9.0.1"); })) << "although both have one MAC";
    EXPECT_THAT(mac_seen(lab, "10.9.0.100"), HasSubstr(virtual_mac_v4));
    EXPECT_EQ(advert_macs(client, "10.9.0.1"), std::set<std::string>{virtual_mac_v4});
    left.thread->post(Failover{"VI", "root"});
    ASSERT_TRUE(right.await("VI", State::master)) << right.log();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return answers(lab, "10.9.0.100"); }));
    EXPECT_THAT(mac_seen(lab, "10.9.0.100"), HasSubstr(virtual_mac_v4));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return advert_macs(client, "10.9.0.2") == std::set<std::string>{virtual_mac_v4}; }));
    right.thread->stop();
    EXPECT_FALSE(shown(lab, "right", "ip link").contains("vrrp.51")) << "it goes with the daemon";
    EXPECT_EQ(shown(lab, "right", "cat /proc/sys/net/ipv4/conf/eth0/arp_ignore"), "0\n") << "and what it changed is as before";
}

TEST(Vmac, AdvertsLeaveFromTheInterfaceBelowIfAskedForAndTheVmacAnnouncesItself) {
    const lab::Lab lab = segment();
    Tap client(lab, "client", "eth0");
    model::VrrpInstance below = instance(200);
    below.vmac.transmit_on_base = true;
    below.vmac.netlink_notify = true;
    below.garp = {.delay = 0s, .repeat = 1, .extra = 1s};
    Router1 left(lab, "left", {.instances = {below}});
    ASSERT_TRUE(left.await("VI", State::master)) << left.log();
    const auto announcements = [&] { return client.heard([](const Heard1& one) { return one.is_arp() && one.sender() == "10.9.0.100" && one.source_mac() == virtual_mac_v4; }); };
    EXPECT_TRUE(lab::wait_until(patience, [&] { return announcements().size() >= 2; })) << "garp_extra_if";
    EXPECT_FALSE(advert_macs(client, "10.9.0.1").contains(virtual_mac_v4));
    EXPECT_EQ(advert_macs(client, "10.9.0.1").size(), 1u);
}

TEST(Vmac, Ipv6HasItsOwnMacAndOtherInterfacesTheirOwnDevices) {
    const lab::Lab lab = segment();
    (void)shown(lab, "client", "ip addr add fd00::9/64 dev eth0 nodad");
    (void)shown(lab, "left", "ip link add side type veth peer name other; ip link set side up; ip link set other up");
    model::VrrpInstance six = instance(200);
    six.family = Family::v6;
    six.addresses = {{.address = *Address::parse("fe80::100"), .prefix_length = 64}};
    six.excluded = {{.address = *Address::parse("fd00::100"), .prefix_length = 64}, {.address = *Address::parse("10.66.0.100"), .prefix_length = 24, .interface = "side", .use_vmac = true}};
    Router1 left(lab, "left", {.vrrp = {.instances = {six}}, .vmac_prefix = "ha", .vmac_address_prefix = "a", .realtime = false});
    ASSERT_TRUE(left.await("VI", State::master)) << left.log();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return answers(lab, "fd00::100"); })) << left.log() << shown(lab, "left", "ip -d addr");
    EXPECT_THAT(mac_seen(lab, "fd00::100"), HasSubstr("00:00:5e:00:02:33"));
    EXPECT_THAT(shown(lab, "left", "ip -br addr show dev ha.51"), HasSubstr("fd00::100/64"));
    EXPECT_THAT(shown(lab, "left", "ip -br addr show dev a.51"), HasSubstr("10.66.0.100/24"));
    left.thread->post(Configure{{.vrrp = {.instances = {}}}});
    EXPECT_TRUE(lab::wait_until(patience, [&] { return !shown(lab, "left", "ip link").contains(".51"); })) << "a reload removes what is not configured";
}

TEST(Vmac, WorksBesideKeepalivedInBothRoles) {
    const lab::Lab lab = segment();
    const auto theirs = [](int vrid, int priority) {
        return fmt::format("vrrp_instance VI{0} {{\n state BACKUP\n interface eth0\n use_vmac\n virtual_router_id {0}\n priority {1}\n version 3\n advert_int 0.3\n"
                           " virtual_ipaddress {{\n 10.9.0.{2}/24\n }}\n}}\n", vrid, priority, vrid + 49);
    };
    const auto ours = [](std::uint8_t vrid, std::uint8_t priority, const char* address) {
        model::VrrpInstance one = instance(priority);
        one.name = fmt::format("VI{}", vrid);
        one.vrid = vrid;
        one.advert_interval = 300ms;
        one.addresses[0].address = *Address::parse(address);
        return one;
    };
    Keepalived right(lab, "right", "global_defs {\n router_id right\n}\n" + theirs(51, 100) + theirs(52, 200));
    Router1 left(lab, "left", {.instances = {ours(51, 200, "10.9.0.100"), ours(52, 100, "10.9.0.101")}});
    ASSERT_TRUE(left.await("VI51", State::master)) << left.log();
    ASSERT_TRUE(right.await("VI52", "MASTER")) << right.log();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return left.instance("VI52")->state == State::backup && right.state("VI51") == "BACKUP"; })) << right.log();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return answers(lab, "10.9.0.100"); }));
    EXPECT_THAT(mac_seen(lab, "10.9.0.100"), HasSubstr(virtual_mac_v4));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return answers(lab, "10.9.0.101"); }));
    left.thread->stop();
    EXPECT_TRUE(right.await("VI51", "MASTER")) << right.log();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return answers(lab, "10.9.0.100"); }));
}

}  // namespace
}  // namespace lvx::vrrp
