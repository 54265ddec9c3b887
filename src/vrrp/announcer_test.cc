// When gratuitous ARPs and unsolicited NAs leave.
#include <gtest/gtest.h>

#include "vrrp/announcer.hh"
#include "vrrp/letters.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{100s};

Announcement at(const std::string& interface, std::uint32_t ifindex, const char* address) {
    return {.ifindex = ifindex, .interface = interface, .address = *Address::parse(address)};
}

// What leaves until `end`, as "milliseconds address".
std::vector<std::string> sent(Announcer& announcer, Microseconds end) {
    std::vector<std::string> result;
    for (Instant now = start; now <= start + end;) {
        for (const Announcement& one : announcer.due(now, 64))
            result.push_back(std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now - start).count()) + " " + one.address.text());
        const auto next = announcer.wake();
        if (!next) break;
        now = std::max(now, *next);
    }
    return result;
}

using Lines = std::vector<std::string>;

TEST(Announcer, RepeatsAtOnceAfterTheDelayAndThenEveryRefresh) {
    Announcer announcer;
    const std::vector all = {at("eth0", 2, "10.0.0.1")};
    announcer.taken(0, all, all, {.delay = 5s, .refresh = 10s, .repeat = 2, .refresh_repeat = 1}, start);
    EXPECT_EQ(sent(announcer, 20s), (Lines{"0 10.0.0.1", "0 10.0.0.1", "5000 10.0.0.1", "5000 10.0.0.1", "10000 10.0.0.1", "20000 10.0.0.1"}));
    announcer.released(0);
    EXPECT_EQ(announcer.wake(), std::nullopt) << "who is master no longer is silent";
}

TEST(Announcer, AnIntervalSpacesTheFramesOfAnInterfaceAndNotThoseOfOthers) {
    Announcer announcer;
    announcer.set_spacing(spacings_of({}, {.arp = 100ms, .advertisement = 10ms, .together = {}}));
    const std::vector first = {at("eth0", 2, "10.0.0.1"), at("eth0", 2, "10.0.0.2")}, second = {at("eth1", 3, "10.1.0.1")};
    announcer.taken(0, first, first, {.delay = 0s, .repeat = 1}, start);
    announcer.taken(1, second, second, {.delay = 0s, .repeat = 1}, start);
    EXPECT_EQ(sent(announcer, 1s), (Lines{"0 10.0.0.1", "0 10.1.0.1", "100 10.0.0.2"}));
    const std::vector six = {at("eth0", 2, "2001:db8::1"), at("eth0", 2, "2001:db8::2")};
    announcer.taken(2, six, six, {.delay = 0s, .repeat = 1}, start);
    EXPECT_EQ(sent(announcer, 1s), (Lines{"0 2001:db8::1", "10 2001:db8::2"})) << "gna_interval";
}

TEST(Announcer, AGarpGroupSharesOneIntervalAndOthersKeepTheGlobalOne) {
    Announcer announcer;
    announcer.set_spacing(spacings_of({{.interfaces = {"eth0", "eth1"}, .garp_interval = 200ms}}, {.arp = 50ms, .advertisement = 0ms, .together = {}}));
    const std::vector one = {at("eth0", 2, "10.0.0.1")}, two = {at("eth1", 3, "10.1.0.1")}, three = {at("eth2", 4, "10.2.0.1"), at("eth2", 4, "10.2.0.2")};
    for (const auto* each : {&one, &two, &three}) announcer.taken(each->front().ifindex, *each, *each, {.delay = 0s, .repeat = 1}, start);
    EXPECT_EQ(sent(announcer, 1s), (Lines{"0 10.0.0.1", "0 10.2.0.1", "50 10.2.0.2", "200 10.1.0.1"}));
}

TEST(Announcer, ExtraFramesAreOneForEachInterfaceWithoutAdverts) {
    Announcer announcer;
    std::vector all = {at("eth0", 2, "10.0.0.1"), at("eth1", 3, "10.1.0.1"), at("eth1", 3, "10.1.0.2")};
    all[1].extra = all[2].extra = true;
    announcer.taken(0, all, {}, {.delay = 1s, .repeat = 0, .extra = 10s}, start);
    EXPECT_EQ(sent(announcer, 21s), (Lines{"11000 10.1.0.1", "21000 10.1.0.1"})) << "first after delay and interval, as keepalived";
}

TEST(Announcer, AfterAReloadNewAddressesAreToldAtOnceAndAllAreRefreshed) {
    Announcer announcer;
    const std::vector all = {at("eth0", 2, "10.0.0.1"), at("eth0", 2, "10.0.0.2")};
    announcer.taken(0, all, {all[1]}, {.delay = 0s, .refresh = 5s, .repeat = 1}, start);
    EXPECT_EQ(sent(announcer, 5s), (Lines{"0 10.0.0.2", "5000 10.0.0.1", "5000 10.0.0.2"}));
}

TEST(StartDelay, IsTheLongerOneAndBootCountsFromTheMachine) {
    EXPECT_EQ(delay_at_start(2s, 0s, 1000s), 2s);
    EXPECT_EQ(delay_at_start(2s, 30s, 10s), 20s);
    EXPECT_EQ(delay_at_start(0s, 30s, 29999ms), 1ms);
    EXPECT_LE(delay_at_start(0s, 30s, 31s), 0s) << "the machine runs for longer: at once";
}

}  // namespace
}  // namespace lvx::vrrp
