// The state machine against RFC 9568, 6.4, and the times against 6.1.
#include "vrrp/machine.hh"

#include <gtest/gtest.h>

#include "vrrp/routers.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::seconds(1000)};

Router router_with(std::uint8_t priority, std::uint8_t version) {
    model::VrrpInstance instance{.name = "VI", .interface = "eth0", .vrid = 51, .priority = priority, .version = version};
    Router router = make_router(instance, start);
    router.source = *Address::parse("192.0.2.5");
    return router;
}

Heard heard(std::uint8_t priority, std::string_view source) {
    return {.source = *Address::parse(source), .priority = priority, .interval = 1s};
}

Router in_backup(std::uint8_t priority) {
    Router router = router_with(priority, 2);
    (void)apply(router, Event::started, "", start);
    return router;
}

Router as_master(std::uint8_t priority) {
    Router router = in_backup(priority);
    (void)apply(router, Event::timer, "", start + 4s);
    return router;
}

TEST(Lease, IsOverBeforeAStandbyThatWatchesByBfdFindsTheMasterDead) {
    using namespace std::chrono_literals;
    model::VrrpInstance instance{.name = "VI", .vrid = 1, .priority = 255, .version = 3, .wants_master = true, .advert_interval = 10ms, .fast_peer = "other"};
    const auto lease_of = [&](const model::Vrrp& configuration) {
        Routers routers(configuration, start);
        (void)routers.start(start);
        return routers.lease(start).value_or(start) - start;
    };
    EXPECT_EQ(lease_of({.instances = {instance}}), 20ms) << "nobody watches";
    const auto watched = [&](Microseconds transmit, std::uint8_t multiplier) {
        return lease_of({.instances = {instance}, .bfds = {{.name = "other", .min_tx = transmit, .multiplier = multiplier}}});
    };
    EXPECT_EQ(watched(1ms, 13), 12ms);
    EXPECT_EQ(watched(10ms, 5), 20ms) << "never longer than without";
    EXPECT_EQ(watched(1ms, 9), 8ms);
    EXPECT_EQ(watched(1ms, 3), model::shortest_lease);
}

TEST(Times, AreThoseOfTheRfcs) {
    EXPECT_EQ(skew_time({2, 1s, 3}, 100), Microseconds(609375)) << "(256 - 100) / 256 s";
    EXPECT_EQ(skew_time({3, 100ms, 3}, 100), Microseconds(60937));
    EXPECT_EQ(master_down_time({2, 1s, 3}, 100), Microseconds(3609375));
    EXPECT_EQ(master_down_time({3, 10ms, 3}, 100), Microseconds(36093));
    EXPECT_EQ(master_down_time({3, 10ms, 3}, 254), Microseconds(30078));
    EXPECT_EQ(master_down_time({2, 1s, 5}, 254), Microseconds(5007812)) << "down_timer_adverts";
}

TEST(Times, ALeaseEndsBeforeAnyStandbyMayTakeOver) {
    for (const Microseconds interval : {Microseconds(10'000), Microseconds(100'000), Microseconds(1'000'000)})
        for (std::uint8_t adverts = 2; adverts <= 100; ++adverts)
            for (int priority = 1; priority <= 255; ++priority)
                EXPECT_LT(lease_time({3, interval, adverts}) + interval, master_down_time({3, interval, adverts}, static_cast<std::uint8_t>(priority)));
}

TEST(Machine, WaitsForSilenceBeforeItBecomesMaster) {
    Router router = router_with(100, 2);
    EXPECT_EQ(apply(router, Event::started, "started", start), (Outcome{State::init, State::backup, no_action}));
    EXPECT_EQ(router.timer, start + 3609375us);
    EXPECT_EQ(apply(router, Event::timer, "silence", start + 4s), (Outcome{State::backup, State::master, send_advert | take}));
    EXPECT_EQ(router.timer, start + 5s) << "the next advertisement";
}

TEST(Machine, AnOwnerNeedsNoSilence) {
    Router router = router_with(255, 2);
    EXPECT_EQ(apply(router, Event::started_as_owner, "", start), (Outcome{State::init, State::master, send_advert | take}));
}

TEST(Machine, ABackupDefersToWhoIsBetterOrEqual) {
    for (const auto& [priority, source] : {std::pair{100, "192.0.2.1"}, {100, "192.0.2.9"}, {101, "192.0.2.1"}}) {
        Router router = in_backup(100);
        EXPECT_EQ(hear(router, heard(static_cast<std::uint8_t>(priority), source), start + 1s).actions, no_action);
        EXPECT_EQ(router.timer, start + 1s + 3609375us);
    }
}

TEST(Machine, ABackupLetsItsTimerRunWhenWhoSpeaksIsWorse) {
    Router router = in_backup(100);
    (void)hear(router, heard(99, "192.0.2.9"), start + 1s);
    EXPECT_EQ(router.timer, start + 3609375us);
}

TEST(Machine, NopreemptAndPreemptDelayRespectTheWorse) {
    Router router = in_backup(100);
    router.configuration.preempt = false;
    (void)hear(router, heard(99, "192.0.2.9"), start + 1s);
    EXPECT_EQ(router.timer, start + 1s + 3609375us);
    router.configuration.preempt = true;
    router.preempt_after = start + 10s;
    (void)hear(router, heard(99, "192.0.2.9"), start + 2s);
    EXPECT_EQ(router.timer, start + 2s + 3609375us);
    (void)hear(router, heard(99, "192.0.2.9"), start + 10s);
    EXPECT_EQ(router.timer, start + 2s + 3609375us) << "the delay is over: the timer runs on";
}

TEST(Machine, AResigningMasterIsFollowedAfterTheSkew) {
    Router router = in_backup(100);
    (void)hear(router, heard(0, "192.0.2.9"), start + 1s);
    EXPECT_EQ(router.timer, start + 1s + 609375us);
}

TEST(Machine, AMasterAnswersWhoResignsAndWhoIsWorse) {
    Router router = as_master(100);
    EXPECT_EQ(hear(router, heard(0, "192.0.2.9"), start + 5s).actions, send_advert);
    EXPECT_EQ(hear(router, heard(99, "192.0.2.9"), start + 5s).actions, send_advert | assert_again);
    EXPECT_EQ(hear(router, heard(100, "192.0.2.1"), start + 5s).actions, send_advert | assert_again) << "equal, lower address";
    router.configuration.lower_prio_no_advert = true;
    EXPECT_EQ(hear(router, heard(99, "192.0.2.9"), start + 5s).actions, assert_again);
    EXPECT_EQ(router.state, State::master);
}

TEST(Machine, AMasterStepsBackForTheBetterAndForTheHigherAddress) {
    for (const auto& [priority, source] : {std::pair{101, "192.0.2.1"}, {100, "192.0.2.9"}}) {
        Router router = as_master(100);
        EXPECT_EQ(hear(router, heard(static_cast<std::uint8_t>(priority), source), start + 5s), (Outcome{State::master, State::backup, release}));
        EXPECT_EQ(router.timer, start + 5s + 3609375us);
        EXPECT_EQ(router.master, *Address::parse(source));
    }
    Router router = as_master(100);
    router.configuration.higher_prio_send_advert = true;
    EXPECT_EQ(hear(router, heard(101, "192.0.2.1"), start + 5s).actions, send_advert | release);
}

TEST(Machine, AddressesCompareAsNumbers) {
    Router router = as_master(100);
    router.source = *Address::parse("192.0.2.9");
    EXPECT_EQ(hear(router, heard(100, "192.0.2.10"), start + 5s).after, State::backup) << "10 is more than 9";
}

TEST(Machine, OfTwoOwnersTheLowerAddressGoesOnWith254) {
    Router router = router_with(255, 2);
    (void)apply(router, Event::started_as_owner, "", start);
    EXPECT_EQ(hear(router, heard(255, "192.0.2.9"), start + 1s).after, State::backup);
    EXPECT_EQ(router.priority(), 254);
    EXPECT_EQ(router.counters.refused[static_cast<std::size_t>(Refusal::foreign_owner)], 1u);
    Router deaf = router_with(255, 2);
    deaf.configuration.owner_ignore_adverts = true;
    (void)apply(deaf, Event::started_as_owner, "", start);
    EXPECT_EQ(hear(deaf, heard(255, "192.0.2.9"), start + 1s).after, State::master);
}

TEST(Machine, AFaultResignsFirstAndWaitsInFullAfterwards) {
    Router router = as_master(100);
    EXPECT_EQ(apply(router, Event::faulted, "", start + 5s), (Outcome{State::master, State::fault, send_resignation | release}));
    EXPECT_EQ(router.timer, std::nullopt);
    EXPECT_EQ(hear(router, heard(0, "192.0.2.9"), start + 6s).after, State::fault);
    EXPECT_EQ(apply(router, Event::recovered, "", start + 7s), (Outcome{State::fault, State::backup, no_action}));
    EXPECT_EQ(router.timer, start + 7s + 3609375us);
}

TEST(Machine, StopsByResigning) {
    Router router = as_master(100);
    EXPECT_EQ(apply(router, Event::shut_down, "", start + 5s), (Outcome{State::master, State::init, send_resignation | release}));
    Router standby = in_backup(100);
    EXPECT_EQ(apply(standby, Event::shut_down, "", start + 5s).actions, no_action);
}

TEST(Machine, Version3WaitsByTheMastersInterval) {
    Router router = router_with(100, 3);
    (void)apply(router, Event::started, "", start);
    Heard slow = heard(150, "192.0.2.9");
    slow.interval = 2s;
    (void)hear(router, slow, start + 1s);
    EXPECT_EQ(router.timer, start + 1s + 6s + 1218750us) << "three intervals of 2 s and a skew of 156/256 of 2 s";
    (void)apply(router, Event::timer, "", start + 9s);
    EXPECT_EQ(router.timer, start + 10s) << "its own adverts leave at its own interval";
}

TEST(Machine, AdvertsKeepTheirRhythm) {
    Router router = as_master(100);
    const Instant due = *router.timer;
    (void)apply(router, Event::timer, "", due + 200ms);
    EXPECT_EQ(router.timer, due + 1s);
    (void)apply(router, Event::timer, "", due + 5s);
    EXPECT_EQ(router.timer, due + 6s) << "what was missed is not made up for";
}

// When its advert is due at 1 s, the last one left at 0 s.
State after_a_late_timer(model::VrrpInstance instance, Microseconds since_last) {
    Routers routers({.instances = {std::move(instance)}}, start);
    (void)routers.start(start);
    (void)routers.tick(start + 10s);
    EXPECT_EQ(routers.routers()[0].state, State::master);
    (void)routers.tick(start + 10s + since_last);
    return routers.routers()[0].state;
}

TEST(Machine, AMasterThatAdvertisesTooLateStepsBackOnlyIfAskedFor) {
    model::VrrpInstance instance{.name = "VI", .interface = "eth0", .vrid = 51, .priority = 100, .version = 2, .preempt = false};
    EXPECT_EQ(after_a_late_timer(instance, 60s), State::master);
    instance.timer_expired_backup = 254;
    EXPECT_EQ(after_a_late_timer(instance, 3s), State::master);
    EXPECT_EQ(after_a_late_timer(instance, 3s + 7811us), State::master) << "3 intervals and the skew of 254 are not over";
    EXPECT_EQ(after_a_late_timer(instance, 3s + 7813us), State::backup);
    instance.timer_expired_backup = 1;
    EXPECT_EQ(after_a_late_timer(instance, 3900ms), State::master) << "the best of the others is slow";
    EXPECT_EQ(after_a_late_timer(instance, 4s), State::backup);
    instance.preempt = true;
    EXPECT_EQ(after_a_late_timer(instance, 60s), State::master) << "it needs nopreempt";
}

TEST(Machine, EveryCellKeepsTheRules) {
    for (std::size_t state = 0; state < state_count; ++state) {
        for (std::size_t event = 0; event < event_count; ++event) {
            const Cell& one = cell(static_cast<State>(state), static_cast<Event>(event));
            const bool was = static_cast<State>(state) == State::master, is = one.next == State::master;
            EXPECT_EQ((one.actions & take) != 0, !was && is) << name_of(static_cast<Event>(event)) << " in " << name_of(static_cast<State>(state));
            EXPECT_EQ((one.actions & release) != 0, was && !is) << name_of(static_cast<Event>(event)) << " in " << name_of(static_cast<State>(state));
            if ((one.actions & (send_advert | assert_again)) != 0) { EXPECT_TRUE(is); }
            if (!was && is) { EXPECT_EQ(one.timer, Timer::advert); }
        }
    }
}

}  // namespace
}  // namespace lvx::vrrp
