// Keywords of keepalived.conf that show on the wire or in the kernel, at work in a namespace.
#include <gmock/gmock.h>

#include "segment.hh"
#include "tap.hh"

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

[[maybe_unused]] std::string shown(const lab::Lab& lab, std::string_view node, const std::string& command) { return must(lab.run(node, lab::shell(command), 5s)).out; }

TEST(Keywords, VrrpGarpIntervalSpacesAnnouncementsOnTheWire) {
    const lab::Lab lab = segment();
    Tap client(lab, "client", "eth0");
    model::VrrpInstance many = instance();
    many.excluded = {virtual_address("10.9.0.101", 24), virtual_address("10.9.0.102", 24), virtual_address("10.9.0.103", 24)};
    many.garp = {.delay = 0s, .repeat = 1};
    Router1 left(lab, "left", {.vrrp = {.instances = {many}}, .garp_spacing = {.arp = 100ms, .advertisement = 0ms, .together = {}}, .realtime = false});
    const auto is_virtual = [](const Heard1& one) { return one.is_arp() && one.sender().starts_with("10.9.0.10"); };
    ASSERT_TRUE(lab::wait_until(3s, [&] { return client.heard(is_virtual).size() == 4; }));
    const std::vector<Heard1> arps = client.heard(is_virtual);
    EXPECT_GT(arps.back().at - arps.front().at, 250ms) << "three pauses of 100 ms, less what the listener was late";
    EXPECT_EQ(arps.front().sender(), "10.9.0.100");
}

TEST(Keywords, StatesAreToldAgainToFifosAfterAReloadIfAskedFor) {
    const lab::Lab lab = segment();
    Settings settings{.vrrp = {.instances = {instance()}}, .realtime = false};
    settings.vrrp.instances[0].notify.master = model::Command{.words = {"/bin/true"}};
    Router1 left(lab, "left", settings);
    ASSERT_TRUE(left.await("VI", State::master, 3s));
    const auto masters = [&] {
        (void)left.status();
        return std::ranges::count_if(left.notifications, [](const Notification& one) { return one.news == Notification::News::master; });
    };
    ASSERT_EQ(masters(), 1);
    left.thread->post(Configure{settings});
    settings.repeats_states = true;
    settings.vrrp.instances[0].garp.repeat = 2;
    left.thread->post(Configure{settings});
    ASSERT_TRUE(lab::wait_until(3s, [&] { return masters() == 2; }));
    EXPECT_FALSE(left.notifications.back().how.master) << "scripts do not run again";
}

TEST(Keywords, AVridThatNobodyConfiguredIsLoggedOnceAMinute) {
    const lab::Lab lab = segment();
    Router1 left(lab, "left", {.vrrp = {.instances = {instance()}}, .log_unknown_vrids = true, .realtime = false});
    model::VrrpInstance other = instance();
    other.vrid = 52;
    Router1 right(lab, "right", {.vrrp = {.instances = {other}}, .realtime = false});
    ASSERT_TRUE(lab::wait_until(3s, [&] { return left.status().unknown_vrid > 3; }));
    EXPECT_THAT(left.log(), HasSubstr("Unknown VRID(52) received from 10.9.0.2"));
    EXPECT_EQ(std::ranges::count_if(left.events, [](const std::string& line) { return line.contains("Unknown VRID"); }), 1);
}

}  // namespace
}  // namespace lvx::vrrp
