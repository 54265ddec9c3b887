// Who answers when a director fails: never two.  The laboratory is drawn in support/two_ways.hh; each director is asked a
// thousand times a second by a client that knows no other way.
#include <gmock/gmock.h>
#include <signal.h>

#include "support/stall.hh"
#include "support/two_ways.hh"
#include "tests/support/stall_meter.hh"

namespace lvx::cluster {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Clock = TwoWays::Clock;

// Every bound below is a promise, a little for the steps of loops on the way, and what the machine itself was late in the
// same run, on either side.
std::chrono::microseconds late(const test::StallMeter& meter) { return 20ms + 2 * meter.worst(); }

constexpr std::chrono::milliseconds stall_time = 4 * TwoWays::interval;  // an advertisement that waited for it would be missed by all
// Bench handover --reload measures against 1.2.
std::uint64_t longest_gap_us(const test::StallMeter& meter) {
    return static_cast<std::uint64_t>(1200 * TwoWays::interval.count() + late(meter).count());
}

std::string events(TwoWays& two, int number) { return must(two.director(number).ask("lvx events")).out; }

TEST(Failover, AFrozenMasterIsSilentBeforeItsStandbyAnswers) {
    TwoWays two;
    ASSERT_TRUE(two.await_start());
    const test::StallMeter meter;
    EXPECT_THAT(events(two, 2) + two.director(2).log(), AllOf(HasSubstr("eth0 is served by tc"), Not(HasSubstr("no interface carries")))) << "a standby is ready and well";
    const auto frozen = Clock::now();
    two.director(1).process().signal(SIGSTOP);
    ASSERT_TRUE(two.await_answers(2, frozen));
    EXPECT_LT(two.overlap(1, 2, frozen), 0us) << "its programs in the kernel go on, the lease does not";

    const auto thawed = Clock::now();
    two.director(1).process().signal(SIGCONT);
    ASSERT_TRUE(two.await_answers(1, thawed)) << "it is the better one";
    ASSERT_TRUE(lab::wait_until(patience, [&] { return two.state(2) == "BACKUP"; }));
    EXPECT_LT(two.overlap(2, 1, thawed), late(meter));
    EXPECT_THAT(must(two.director(1).ask("lvx drops")).out, HasSubstr("fenced")) << "what its clients sent meanwhile";
    EXPECT_THAT(events(two, 1) + events(two, 2), Not(HasSubstr("also answers for"))) << "who takes over is no conflict";
    EXPECT_THAT(events(two, 1), AllOf(HasSubstr("The data plane is fenced"), HasSubstr("The data plane answers again")));
}

TEST(Failover, AStandbyThatWatchesFasterWaitsForTheLeaseAllTheSame) {
    TwoWays two;
    for (const int number : {1, 2}) two.reload(number, "fast_peer other");
    ASSERT_TRUE(lab::wait_until(patience, [&] { return events(two, 1).contains("BFD_Instance(other) Entering Up state"); }));
    ASSERT_TRUE(two.await_start());
    const test::StallMeter meter;
    const auto frozen = Clock::now();
    two.director(1).process().signal(SIGSTOP);
    ASSERT_TRUE(two.await_answers(2, frozen));
    EXPECT_LT(two.overlap(1, 2, frozen), 0us);
    EXPECT_LT(two.client(2).answers(frozen).front() - frozen, 2 * TwoWays::interval + late(meter)) << "without it, it would wait for three";
    two.director(1).process().signal(SIGCONT);
}

TEST(Failover, AKilledMasterIsSilentBeforeItsStandbyAnswers) {
    TwoWays two;
    ASSERT_TRUE(two.await_start());
    const test::StallMeter meter;
    const auto killed = Clock::now();
    two.director(1).process().kill();
    ASSERT_TRUE(two.await_answers(2, killed));
    EXPECT_LT(two.overlap(1, 2, killed), 0us) << "its programs stay pinned and attached";

    const auto restarted = Clock::now();
    must(two.director(1).restart());
    ASSERT_TRUE(two.await_answers(1, restarted));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return two.state(2) == "BACKUP"; }));
    EXPECT_LT(two.overlap(2, 1, restarted), late(meter));
}

TEST(Failover, AnOrderlyStopHandsOverFasterThanAnyTimer) {
    TwoWays two;
    ASSERT_TRUE(two.await_start());
    const test::StallMeter meter;
    const auto asked = Clock::now();
    two.director(1).process().signal(SIGTERM);
    ASSERT_TRUE(two.await_answers(2, asked));
    EXPECT_LT(two.overlap(1, 2, asked), 0us);
    EXPECT_LT(two.client(2).answers(asked).front() - two.client(1).answers({}).back(), TwoWays::interval + late(meter)) << "its skew, and no interval";
}

TEST(Failover, ALostLinkIsAFaultAndOneAnswers) {
    TwoWays two;
    ASSERT_TRUE(two.await_start());
    const test::StallMeter meter;
    const auto unplugged = Clock::now();
    two.run("director1", "ip link set eth0 down");
    ASSERT_TRUE(two.await_answers(2, unplugged));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return two.state(1) == "FAULT"; }));
    EXPECT_THAT(events(two, 1), HasSubstr("Netlink reports eth0 down"));
    EXPECT_LT(two.client(2).answers(unplugged).front() - unplugged, 2 * TwoWays::interval + late(meter)) << "it resigns on the other path";
    two.run("director1", "ip link set eth0 up");
    EXPECT_TRUE(lab::wait_until(patience, [&] { return two.state(1) == "MASTER" && two.state(2) == "BACKUP"; }));
    EXPECT_THAT(events(two, 1), HasSubstr("Netlink reports eth0 up"));
}

TEST(Failover, OneBrokenPathOfTwoMakesNoSecondMaster) {
    TwoWays two;
    ASSERT_TRUE(two.await_start());
    const auto cut = Clock::now();
    two.cut_switch();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return events(two, 2).contains("hears nobody on eth0"); }));
    EXPECT_TRUE(two.await_answers(1, Clock::now()));
    two.heal_switch();
    EXPECT_TRUE(lab::wait_until(patience, [&] { return events(two, 2).contains("hears its peer on eth0 again"); }));
    two.run("director1", "ip link set eth2 down");
    EXPECT_TRUE(lab::wait_until(patience, [&] { return events(two, 2).contains("hears nobody on eth2"); }));
    EXPECT_TRUE(two.await_answers(1, Clock::now()));
    EXPECT_EQ(two.client(2).answers_since(cut), 0u);
    EXPECT_EQ(two.state(2), "BACKUP");
}

TEST(Failover, TwoThatHearNothingOfEachOtherAreOneAgainWithTheFirstAdvertisement) {
    TwoWays two;
    ASSERT_TRUE(two.await_start());
    const test::StallMeter meter;
    two.cut_switch();
    two.run("director1", "ip link set eth2 down");
    ASSERT_TRUE(two.await_answers(2, Clock::now())) << "ARCHITECTURE.md, the bound, (1): nothing can tell it from a dead master";
    two.heal_switch();
    const auto healed = Clock::now();
    ASSERT_TRUE(lab::wait_until(patience, [&] { return two.state(2) == "BACKUP"; }));
    ASSERT_TRUE(two.await_answers(1, Clock::now()));
    const auto last = two.client(2).answers(healed);
    if (!last.empty()) EXPECT_LT(last.back() - healed, TwoWays::interval + late(meter));
    EXPECT_EQ(two.state(1), "MASTER");
}

TEST(Failover, AReloadDelaysNoAdvertisementAndNobodyTakesOver) {
    TwoWays two;
    ASSERT_TRUE(two.await_start());
    const test::StallMeter meter;
    const auto before = Clock::now();
    two.director(1).process().signal(SIGRTMAX - 1);  // as keepalived's: the counters are cleared
    two.reload(1, "priority 160\n virtual_ipaddress_excluded {\n 192.168.88.24/32 dev eth0\n }\n garp_master_refresh 1");
    ASSERT_TRUE(lab::wait_until(patience, [&] { return two.vrrp(1).instances.at(0).priority == 160; }));
    two.reload(1, "priority 140\n track_interface {\n eth1\n }");
    ASSERT_TRUE(lab::wait_until(patience, [&] { return two.vrrp(1).instances.at(0).priority == 140; }));
    ASSERT_TRUE(two.await_answers(1, Clock::now()));
    EXPECT_LT(two.vrrp(1).longest_gap_us, longest_gap_us(meter));
    EXPECT_EQ(two.client(2).answers_since(before), 0u);
    EXPECT_EQ(two.state(2), "BACKUP");
}

TEST(Failover, AStallOfEverythingElseDelaysNoAdvertisement) {
    TwoWays two;
    ASSERT_TRUE(two.await_start());
    const test::StallMeter meter;
    const auto before = Clock::now();
    {
        const Stall stall(two.director(1).process().pid(), "vrrp");
        ASSERT_GT(stall.threads(), 2u);
        (void)lab::wait_until(stall_time, [] { return false; });
    }
    ASSERT_TRUE(two.await_answers(1, Clock::now()));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return two.vrrp(1).longest_gap_us > 0; }));
    EXPECT_LT(two.vrrp(1).longest_gap_us, longest_gap_us(meter));
    EXPECT_EQ(two.client(2).answers_since(before), 0u);
    EXPECT_EQ(two.state(2), "BACKUP");
}

}  // namespace
}  // namespace lvx::cluster
