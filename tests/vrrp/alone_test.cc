// Two VRRP threads on one segment: what nobody else delays, what a reload costs, what is put back.
#include <gmock/gmock.h>
#include <net/if.h>

#include "segment.hh"
#include "tests/support/stall_meter.hh"
#include "vrrp/frame_driver.hh"
#include "vrrp/frames.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;

model::VrrpInstance instance(std::uint8_t priority, Microseconds interval) {
    return {.name = "VI", .interface = "eth0", .vrid = 51, .priority = priority, .version = 3, .advert_interval = interval,
            .addresses = {{.address = *Address::parse("10.9.0.100"), .prefix_length = 24}}};
}

lab::Lab segment() { return must(lab::Lab::build(lab::Lab::unique_name("vrrpal"), segment_topology())); }

TEST(Pair, HandsOverWhenAskedAndDoesNotTakeBack) {
    const lab::Lab lab = segment();
    Router1 left(lab, "left", {.instances = {instance(200, steady)}});
    ASSERT_TRUE(left.await("VI", State::master));
    Router1 right(lab, "right", {.instances = {instance(100, steady)}});
    ASSERT_TRUE(right.await("VI", State::backup));
    left.thread->post(Failover{"VI", "root"});
    EXPECT_TRUE(right.await("VI", State::master));
    // Twice the time after which it would take the address back.
    ASSERT_TRUE(left.await("VI", State::backup));
    const std::uint64_t before = left.instance("VI")->counters.adverts_received;
    EXPECT_TRUE(lab::wait_until(patience, [&] { return left.instance("VI")->counters.adverts_received > before + 7; }));
    EXPECT_EQ(left.instance("VI")->counters.became_master, 1u) << "though its priority is higher";
    right.thread->stop();
    EXPECT_TRUE(left.await("VI", State::master)) << "when nobody else is there";
}

TEST(Pair, AStandbyTakesOverOnlyWhenAlone) {
    const lab::Lab lab = segment();
    Router1 left(lab, "left", {.instances = {instance(200, steady)}});
    ASSERT_TRUE(left.await("VI", State::master));
    Router1 right(lab, "right", {.instances = {instance(100, steady)}});
    ASSERT_TRUE(right.await("VI", State::backup));
    left.thread->post(SetStandby{Standby::on, "root"});
    EXPECT_TRUE(right.await("VI", State::master));
    left.thread->post(SetStandby{Standby::off, "root"});
    EXPECT_TRUE(left.await("VI", State::master));
}

TEST(Pair, PutsBackAnAddressThatSomebodyRemoved) {
    const lab::Lab lab = segment();
    Router1 left(lab, "left", {.instances = {instance(200, 50ms)}});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return has_address(lab, "left", "10.9.0.100"); }));
    (void)must(lab.run("left", lab::shell("ip addr del 10.9.0.100/24 dev eth0"), patience));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return has_address(lab, "left", "10.9.0.100"); }));
}

TEST(Pair, AnotherWhoAnswersForTheAddressIsTold) {
    const lab::Lab lab = segment();
    Router1 left(lab, "left", {.instances = {instance(200, 50ms)}});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return has_address(lab, "left", "10.9.0.100"); }));
    EXPECT_EQ(left.instance("VI")->counters.address_conflicts, 0u) << "its own announcements are none";
    must(lab::inside(lab.namespace_of("client"), []() -> Result<void> {
        const FrameSender sender = TRY(FrameSender::open());
        return sender.send(if_nametoindex("eth0"), gratuitous_arp({2, 0, 0, 0, 0, 9}, *Address::parse("10.9.0.100")));
    }));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return left.log().contains("also answers for 10.9.0.100"); })) << left.log();
}

TEST(Pair, AFaultOfTheInterfaceGivesTheAddressAway) {
    const lab::Lab lab = segment();
    Router1 left(lab, "left", {.instances = {instance(200, steady)}});
    ASSERT_TRUE(left.await("VI", State::master));
    Router1 right(lab, "right", {.instances = {instance(100, steady)}});
    ASSERT_TRUE(right.await("VI", State::backup));
    (void)must(lab.run("left", lab::shell("ip link set eth0 down"), patience));
    EXPECT_TRUE(left.await("VI", State::fault));
    EXPECT_TRUE(right.await("VI", State::master));
    EXPECT_FALSE(left.fence.answers());
    (void)must(lab.run("left", lab::shell("ip link set eth0 up"), patience));
    EXPECT_TRUE(left.await("VI", State::master));
}

TEST(Pair, AFastWatchThatIsWrongLeavesTheMasterWhereItIs) {
    const lab::Lab lab = segment();
    model::VrrpInstance watching = instance(100, steady);
    watching.fast_peer = "other";
    Router1 left(lab, "left", {.instances = {instance(200, steady)}});
    ASSERT_TRUE(left.await("VI", State::master));
    Router1 right(lab, "right", {.instances = {watching}});
    ASSERT_TRUE(right.await("VI", State::backup));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return right.instance("VI")->counters.adverts_received > 0; }));
    right.thread->post(PeerDead{"other"});
    const std::uint64_t before = right.instance("VI")->counters.adverts_received;
    ASSERT_TRUE(lab::wait_until(patience, [&] { return right.instance("VI")->counters.adverts_received > before + 5; }));
    EXPECT_EQ(right.instance("VI")->state, State::backup) << right.log();
    EXPECT_EQ(left.instance("VI")->state, State::master) << left.log();
    EXPECT_EQ(left.instance("VI")->counters.became_master, 1u);
    EXPECT_LE(right.instance("VI")->counters.became_master, 1u) << "at most once, for as long as the answer takes";
    EXPECT_TRUE(lab::wait_until(patience, [&] { return has_address(lab, "left", "10.9.0.100") && !has_address(lab, "right", "10.9.0.100"); }));
}

TEST(Pair, AReloadWithAThousandAddressesDelaysNoAdvertisement) {
    const lab::Lab lab = segment();
    model::VrrpInstance many = instance(200, 400ms);
    for (std::uint32_t i = 0; i < 1000; ++i)
        many.excluded.push_back({.address = Address::v4(0x0a0a0000 + i), .prefix_length = 32});
    Router1 left(lab, "left", {.instances = {many}});
    ASSERT_TRUE(left.await("VI", State::master));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return has_address(lab, "left", "10.10.3.231"); }));
    left.thread->post(ClearCounters{});
    const test::StallMeter meter;
    for (std::uint32_t i = 0; i < 500; ++i) many.excluded[i].address = Address::v4(0x0a0b0000 + i);
    left.thread->post(Configure{{.vrrp = {.instances = {many}}}});
    ASSERT_TRUE(lab::wait_until(patience, [&] { return has_address(lab, "left", "10.11.1.243") && !has_address(lab, "left", "10.10.0.1"); }));
    const auto one = left.instance("VI");
    EXPECT_EQ(one->state, State::master);
    EXPECT_EQ(one->counters.zero_sent, 0u);
    EXPECT_TRUE(lab::wait_until(patience, [&] { return left.status().longest_gap > 0us; }));
    EXPECT_LT(left.status().longest_gap, 480ms + 2 * meter.worst()) << "1.2 intervals, and what the machine itself was late";
}

TEST(Pair, ASyncGroupMovesTogether) {
    const lab::Lab lab = segment();
    const auto pair = [&](std::uint8_t priority) {
        model::VrrpInstance outside = instance(priority, steady), inside = instance(priority, steady);
        inside.name = "VI2";
        inside.vrid = 52;
        inside.addresses = {{.address = *Address::parse("10.9.0.101"), .prefix_length = 24}};
        inside.tracks.files = {{.name = "well", .weight = 0}};
        return model::Vrrp{.instances = {outside, inside}, .groups = {{.name = "VG", .members = {"VI", "VI2"}}}};
    };
    Router1 left(lab, "left", pair(200));
    Router1 right(lab, "right", pair(100));
    for (Router1* router : {&left, &right}) router->thread->post(Observe{{TrackKind::file, "well"}, 0});
    ASSERT_TRUE(left.await("VI", State::master));
    ASSERT_TRUE(left.await("VI2", State::master));
    left.thread->post(Observe{{TrackKind::file, "well"}, 1});
    EXPECT_TRUE(left.await("VI", State::fault)) << "one in FAULT, all in FAULT";
    EXPECT_TRUE(right.await("VI", State::master));
    EXPECT_TRUE(right.await("VI2", State::master));
}

}  // namespace
}  // namespace lvx::vrrp
