// Directors that hear each other on two paths: one broken switch makes no second master, and is told.
//
//   left  eth0 ── front ── eth0 right
//         eth1 ── back  ── eth1
#include <gmock/gmock.h>

#include "segment.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

lab::Topology two_switches() {
    const auto node = [](const char* name, const char* front, const char* back) {
        return lab::Node{.name = name, .devices = {{.name = "eth0", .wire = "front", .addresses = {lab::prefix(front)}},
                                                   {.name = "eth1", .wire = "back", .addresses = {lab::prefix(back)}}}};
    };
    return {.nodes = {node("left", "10.9.0.1/24", "10.8.0.1/24"), node("right", "10.9.0.2/24", "10.8.0.2/24")}, .switches = {"front", "back"}};
}

model::VrrpInstance instance(std::uint8_t priority, model::VrrpAuth auth) {
    model::VrrpInstance result{.name = "VI", .interface = "eth0", .vrid = 51, .priority = priority, .version = 3, .advert_interval = steady,
                               .addresses = {{.address = *Address::parse("10.9.0.100"), .prefix_length = 24}}, .paths = {{.interface = "eth1", .peer = std::nullopt}}};
    if (auth == model::VrrpAuth::none) return result;
    result.version = 2;
    result.advert_interval = 1s;
    result.auth = auth;
    result.auth_data = {'s', 'e', 'c', 'r', 'e', 't'};
    return result;
}

// Nothing passes the switch, but links stay up.
void break_switch(const lab::Lab& lab, std::string_view node, const char* device) {
    (void)must(lab.run(node, lab::shell(fmt::format("nft 'add table netdev cut; add chain netdev cut c {{ type filter hook ingress device {} priority 0; policy drop; }}'", device)), patience));
}

TEST(Paths, OneBrokenSwitchMakesNoSecondMasterAndIsTold) {
    const lab::Lab lab = must(lab::Lab::build(lab::Lab::unique_name("vrrppa"), two_switches()));
    Router1 left(lab, "left", {.instances = {instance(200, model::VrrpAuth::none)}});
    ASSERT_TRUE(left.await("VI", State::master));
    Router1 right(lab, "right", {.instances = {instance(100, model::VrrpAuth::none)}});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return right.instance("VI") && right.instance("VI")->master == Address::parse("10.9.0.1"); }));
    break_switch(lab, "right", "eth0");
    break_switch(lab, "left", "eth0");
    // On the other path, for twice the time after which it would take over.
    const std::uint64_t before = right.instance("VI")->counters.adverts_received;
    EXPECT_TRUE(lab::wait_until(patience, [&] { return right.instance("VI")->counters.adverts_received > before + 7; })) << right.log();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return right.log().contains("hears nobody on eth0"); })) << right.log();
    EXPECT_EQ(left.instance("VI")->state, State::master);
    EXPECT_EQ(right.instance("VI")->state, State::backup);
    EXPECT_EQ(left.instance("VI")->counters.became_master, 1u);
    EXPECT_EQ(right.instance("VI")->counters.became_master, 0u);
}

TEST(Paths, CopiesOfAnAdvertOnTwoPathsAreNoReplays) {
    const lab::Lab lab = must(lab::Lab::build(lab::Lab::unique_name("vrrppa"), two_switches()));
    Router1 left(lab, "left", {.instances = {instance(200, model::VrrpAuth::header)}});
    ASSERT_TRUE(left.await("VI", State::master));
    Router1 right(lab, "right", {.instances = {instance(100, model::VrrpAuth::header)}});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return right.instance("VI") && right.instance("VI")->counters.adverts_received >= 4; }));
    EXPECT_EQ(right.instance("VI")->counters.refused[static_cast<std::size_t>(Refusal::stale_header)], 0u);
    EXPECT_EQ(right.instance("VI")->state, State::backup);
}

}  // namespace
}  // namespace lvx::vrrp
