// Keywords of keepalived.conf that show on the wire or in the kernel, at work in a namespace.
#include <gmock/gmock.h>

#include "segment.hh"
#include "tap.hh"
#include "tests/support/stall_meter.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

model::InterfaceAddress virtual_address(const char* text, std::uint8_t length) { return {.address = *Address::parse(text), .prefix_length = length}; }

model::VrrpInstance instance() {
    return {.name = "VI", .interface = "eth0", .vrid = 51, .priority = 200, .version = 3, .advert_interval = 50ms,
            .addresses = {virtual_address("10.9.0.100", 24)}};
}

lab::Lab segment() { return must(lab::Lab::build(lab::Lab::unique_name("vrrpkw"), segment_topology())); }

std::string shown(const lab::Lab& lab, std::string_view node, const std::string& command) { return must(lab.run(node, lab::shell(command), patience)).out; }

TEST(Keywords, VrrpGarpIntervalSpacesAnnouncementsOnTheWire) {
    const lab::Lab lab = segment();
    Tap client(lab, "client", "eth0");
    model::VrrpInstance many = instance();
    many.excluded = {virtual_address("10.9.0.101", 24), virtual_address("10.9.0.102", 24), virtual_address("10.9.0.103", 24)};
    many.garp = {.delay = 0s, .repeat = 1};
    const test::StallMeter meter;
    Router1 left(lab, "left", {.vrrp = {.instances = {many}}, .garp_spacing = {.arp = 100ms, .advertisement = 0ms, .together = {}}, .realtime = false});
    const auto is_virtual = [](const Heard1& one) { return one.is_arp() && one.sender().starts_with("10.9.0.10"); };
    ASSERT_TRUE(lab::wait_until(patience, [&] { return client.heard(is_virtual).size() == 4; }));
    const std::vector<Heard1> arps = client.heard(is_virtual);
    EXPECT_GT(arps.back().at - arps.front().at, 290ms - 2 * meter.worst()) << "three pauses of 100 ms, less what sender and listener were late with the first";
    EXPECT_EQ(arps.front().sender(), "10.9.0.100");
}

TEST(Keywords, StatesAreToldAgainToFifosAfterAReloadIfAskedFor) {
    const lab::Lab lab = segment();
    Settings settings{.vrrp = {.instances = {instance()}}, .realtime = false};
    settings.vrrp.instances[0].notify.master = model::Command{.words = {"/bin/true"}};
    Router1 left(lab, "left", settings);
    ASSERT_TRUE(left.await("VI", State::master));
    const auto masters = [&] {
        (void)left.status();
        return std::ranges::count_if(left.notifications, [](const Notification& one) { return one.news == Notification::News::master; });
    };
    ASSERT_TRUE(lab::wait_until(patience, [&] { return masters() == 1; }));
    left.thread->post(Configure{settings});
    settings.repeats_states = true;
    settings.vrrp.instances[0].garp.repeat = 2;
    left.thread->post(Configure{settings});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return masters() == 2; }));
    EXPECT_FALSE(left.notifications.back().how.master) << "scripts do not run again";
}

TEST(Keywords, AVridThatNobodyConfiguredIsLoggedOnceAMinute) {
    const lab::Lab lab = segment();
    Router1 left(lab, "left", {.vrrp = {.instances = {instance()}}, .log_unknown_vrids = true, .realtime = false});
    model::VrrpInstance other = instance();
    other.vrid = 52;
    Router1 right(lab, "right", {.vrrp = {.instances = {other}}, .realtime = false});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return left.status().unknown_vrid > 3; }));
    EXPECT_THAT(left.log(), HasSubstr("Unknown VRID(52) received from 10.9.0.2"));
    EXPECT_EQ(std::ranges::count_if(left.events, [](const std::string& line) { return line.contains("Unknown VRID"); }), 1);
}

model::Vrrp with_static_items() {
    model::InterfaceAddress address = virtual_address("10.9.0.77", 24);
    address.interface = "eth0";
    return {.track_groups = {{.name = "TG", .members = {"VI"}}},
            .static_addresses = {address},
            .static_routes = {{.words = {"10.77.0.0/16", "via", "10.9.0.9", "dev", "eth0"}}},
            .static_rules = {{.words = {"from", "10.77.0.0/16", "table", "77", "preference", "1077"}}}};
}

struct StaticItems {
    bool address = false, route = false, rule = false;
    bool operator==(const StaticItems&) const = default;
};

StaticItems static_items(const lab::Lab& lab) {
    return {.address = has_address(lab, "left", "10.9.0.77"),
            .route = shown(lab, "left", "ip route show 10.77.0.0/16").contains("via 10.9.0.9"),
            .rule = shown(lab, "left", "ip rule show pref 1077").contains("lookup 77")};
}

constexpr StaticItems all_static{true, true, true}, none_static{};

TEST(Keywords, StaticItemsStandFromStartToEndAndOverAReload) {
    const lab::Lab lab = segment();
    Router1 left(lab, "left", with_static_items());
    ASSERT_TRUE(lab::wait_until(patience, [&] { return static_items(lab) == all_static; })) << left.log();
    model::Vrrp more = with_static_items();
    more.instances = {instance()};
    left.thread->post(Configure{{.vrrp = more}});
    ASSERT_TRUE(left.await("VI", State::master));
    EXPECT_EQ(static_items(lab), all_static);
    more.static_routes.clear();
    left.thread->post(Configure{{.vrrp = more}});
    EXPECT_TRUE(lab::wait_until(patience, [&] { return !static_items(lab).route; })) << "what is in the configuration no more goes";
    EXPECT_TRUE(static_items(lab).address && static_items(lab).rule);
    left.thread->stop();
    EXPECT_EQ(static_items(lab), none_static);
}

TEST(Keywords, AStaticAddressThatStoodThereBeforeStays) {
    const lab::Lab lab = segment();
    (void)shown(lab, "left", "ip addr add 10.9.0.77/24 dev eth0");
    Router1 left(lab, "left", with_static_items());
    ASSERT_TRUE(lab::wait_until(patience, [&] { return static_items(lab) == all_static; }));
    left.thread->stop();
    EXPECT_EQ(static_items(lab), (StaticItems{.address = true}));
}

TEST(Keywords, WhatSomebodyRemovesIsPutBackUnlessItIsNotTracked) {
    const lab::Lab lab = segment();
    model::Vrrp all = with_static_items();
    all.instances = {instance()};
    all.instances[0].routes = {{.words = {"10.78.0.0/16", "via", "10.9.0.9"}}, {.words = {"10.79.0.0/16", "via", "10.9.0.9"}, .no_track = true}};
    all.instances[0].rules = {{.words = {"from", "10.78.0.0/16", "table", "78", "preference", "1078"}}};
    Router1 left(lab, "left", all);
    ASSERT_TRUE(left.await("VI", State::master));
    const auto routes = [&] { return shown(lab, "left", "ip route show; ip rule show"); };
    ASSERT_TRUE(lab::wait_until(patience, [&] { return routes().contains("10.78.0.0/16 via") && routes().contains("1078:") && routes().contains("10.79") && static_items(lab) == all_static; }));
    EXPECT_THAT(shown(lab, "left", "ip route show 10.78.0.0/16"), HasSubstr("proto keepalived"));
    (void)shown(lab, "left", "ip route del 10.78.0.0/16; ip route del 10.77.0.0/16; ip route del 10.79.0.0/16; ip rule del pref 1078; ip rule del pref 1077; ip addr del 10.9.0.77/24 dev eth0");
    EXPECT_TRUE(lab::wait_until(patience, [&] { return routes().contains("10.78.0.0/16 via") && routes().contains("1078:") && static_items(lab) == all_static; })) << routes();
    EXPECT_FALSE(routes().contains("10.79"));
    EXPECT_EQ(left.instance("VI")->state, State::master);
    left.thread->stop();
    EXPECT_FALSE(routes().contains("10.78"));
}

TEST(Keywords, AStaticItemOfATrackGroupThatCannotBePutBackIsAFaultOfItsMembers) {
    const lab::Lab lab = segment();
    (void)shown(lab, "left", "ip link add side type dummy 2>/dev/null || ip link add side type veth peer name other; ip link set side up; ip link set other up; ip addr add 10.66.0.1/24 dev side");
    model::Vrrp all = with_static_items();
    all.instances = {instance()};
    all.static_routes = {{.words = {"10.77.0.0/16", "via", "10.66.0.9"}, .track_group = "TG"}};
    Router1 left(lab, "left", all);
    ASSERT_TRUE(left.await("VI", State::master));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return shown(lab, "left", "ip route show 10.77.0.0/16").contains("via"); }));
    (void)shown(lab, "left", "ip addr del 10.66.0.1/24 dev side; ip rule del pref 1077");
    EXPECT_TRUE(left.await("VI", State::fault)) << left.log();
    EXPECT_THAT(left.instance("VI")->why, HasSubstr("10.77.0.0/16"));
    (void)shown(lab, "left", "ip addr add 10.66.0.1/24 dev side; ip rule del pref 1077");
    EXPECT_TRUE(left.await("VI", State::master)) << left.log();
}

TEST(Keywords, AnInterfaceOfAVirtualAddressIsTrackedUnlessNoTrack) {
    const lab::Lab lab = segment();
    (void)shown(lab, "left", "ip link add side type veth peer name other; ip link set side up; ip link set other up");
    model::VrrpInstance two = instance();
    two.excluded = {virtual_address("10.66.0.100", 24)};
    two.excluded[0].interface = "side";
    Router1 left(lab, "left", {.instances = {two}});
    ASSERT_TRUE(left.await("VI", State::master));
    (void)shown(lab, "left", "ip link set side down");
    EXPECT_TRUE(left.await("VI", State::fault));
    two.excluded[0].no_track = true;
    left.thread->post(Configure{{.vrrp = {.instances = {two}}}});
    EXPECT_TRUE(left.await("VI", State::master));
}

TEST(Keywords, NoAcceptDropsWhatIsSentToTheAddressButAnswersWhoAsksForIt) {
    const lab::Lab lab = segment();
    model::VrrpInstance deaf = instance();
    deaf.accept = false;
    deaf.excluded = {virtual_address("fd00::100", 64)};
    (void)shown(lab, "client", "ip addr add fd00::9/64 dev eth0 nodad");
    Router1 left(lab, "left", {.instances = {deaf}});
    ASSERT_TRUE(left.await("VI", State::master));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return has_address(lab, "left", "fd00::100"); })) << left.log();
    // A port that nobody listens on: the refusal is an answer.
    const auto answers = [&](const char* address) { return shown(lab, "client", fmt::format("timeout 0.5 bash -c 'echo > /dev/tcp/{}/9' 2>&1", address)).contains("refused"); };
    EXPECT_FALSE(answers("10.9.0.100"));
    EXPECT_FALSE(answers("fd00::100"));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return answers("10.9.0.1"); }));
    for (const char* address : {"10.9.0.100", "fd00::100"})
        EXPECT_TRUE(lab::wait_until(patience, [&] { return shown(lab, "client", fmt::format("ip neigh show {}", address)).contains("lladdr"); })) << address;
    deaf.accept = true;
    left.thread->post(Configure{{.vrrp = {.instances = {deaf}}}});
    EXPECT_TRUE(lab::wait_until(patience, [&] { return answers("10.9.0.100") && answers("fd00::100"); }));
}

}  // namespace
}  // namespace lvx::vrrp
