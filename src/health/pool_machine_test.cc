#include "health/pool_machine.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/test_pools.hh"

namespace lvx::health {
namespace {

using health::testing::at;
using health::testing::pool_of;
using health::testing::real;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

// What happened, as one line each: events by their text, notices by whom they concern.
std::vector<std::string> told(const Actions& actions) {
    std::vector<std::string> lines;
    for (const Action& action : actions) {
        if (const auto* event = std::get_if<model::Event>(&action)) {
            lines.push_back(model::text_of(*event));
            continue;
        }
        const auto& notice = std::get<notify::Notice>(action);
        if (const auto* server = std::get_if<notify::ServerNotice>(&notice)) {
            lines.push_back("tell RS " + server->server + (server->health == notify::Health::up ? " UP" : " DOWN"));
        } else {
            const auto& service = std::get<notify::ServiceNotice>(notice);
            lines.push_back("tell VS " + service.service + (service.health == notify::Health::up ? " UP" : " DOWN"));
        }
    }
    return lines;
}

std::vector<std::uint32_t> weights(const PoolMachine& machine, Instant now) {
    std::vector<std::uint32_t> result;
    for (const ServerView& server : machine.view(now).servers) result.push_back(server.in_service ? server.weight : 999);
    return result;
}

constexpr std::uint32_t out = 999;

struct Machine {
    explicit Machine(model::Pool configured) : pool(std::move(configured)), machine(pool) {}
    Actions start(Instant now) { return machine.start({}, now); }
    Actions fail(ServerIndex server, Instant now) { return machine.on(CheckFailed{server, "refused"}, now); }
    Actions pass(ServerIndex server, Instant now) { return machine.on(CheckRecovered{server, "connected"}, now); }

    model::Pool pool;
    PoolMachine machine;
};

TEST(PoolMachine, a_server_that_fails_leaves_and_is_told_in_keepalived_s_order) {
    Machine m(pool_of(2));
    EXPECT_THAT(told(m.start(at(0))), ElementsAre("Gained quorum 1+0=1 <= 2 for VS [192.168.88.23]:tcp:80", "tell VS [192.168.88.23]:tcp:80 UP"));
    EXPECT_THAT(told(m.fail(0, at(1))), ElementsAre("Removing service [10.0.0.2]:tcp:80 from VS [192.168.88.23]:tcp:80", "tell RS [10.0.0.2]:tcp:80 DOWN"));
    EXPECT_EQ(weights(m.machine, at(1)), (std::vector<std::uint32_t>{out, 1}));
    EXPECT_THAT(told(m.pass(0, at(2))), ElementsAre("Adding service [10.0.0.2]:tcp:80 to VS [192.168.88.23]:tcp:80", "tell RS [10.0.0.2]:tcp:80 UP"));
    EXPECT_EQ(weights(m.machine, at(2)), (std::vector<std::uint32_t>{1, 1}));
}

TEST(PoolMachine, the_last_one_lost_brings_the_sorry_server_after_the_server_s_own_news) {
    model::Pool pool = pool_of(1);
    pool.sorry = model::Sorry{.endpoint = real(99)};
    Machine m(pool);
    (void)m.start(at(0));
    EXPECT_THAT(told(m.fail(0, at(1))),
                ElementsAre("Removing service [10.0.0.2]:tcp:80 from VS [192.168.88.23]:tcp:80", "tell RS [10.0.0.2]:tcp:80 DOWN",
                            "Lost quorum 1-0=1 > 0 for VS [192.168.88.23]:tcp:80",
                            "Adding sorry server [10.0.0.99]:tcp:80 to VS [192.168.88.23]:tcp:80", "tell VS [192.168.88.23]:tcp:80 DOWN"));
    EXPECT_EQ(m.machine.view(at(1)).sorry, 1U);
    EXPECT_THAT(told(m.pass(0, at(2))),
                ElementsAre("Adding service [10.0.0.2]:tcp:80 to VS [192.168.88.23]:tcp:80", "tell RS [10.0.0.2]:tcp:80 UP",
                            "Gained quorum 1+0=1 <= 1 for VS [192.168.88.23]:tcp:80",
                            "Removing sorry server [10.0.0.99]:tcp:80 from VS [192.168.88.23]:tcp:80", "tell VS [192.168.88.23]:tcp:80 UP"));
    EXPECT_EQ(m.machine.view(at(2)).sorry, std::nullopt);
}

TEST(PoolMachine, without_a_sorry_server_a_lost_quorum_takes_nobody_out) {
    model::Pool pool = pool_of(3);
    pool.quorum = 3;
    Machine m(pool);
    (void)m.start(at(0));
    (void)m.fail(0, at(1));
    EXPECT_FALSE(m.machine.quorum_up());
    EXPECT_EQ(weights(m.machine, at(1)), (std::vector<std::uint32_t>{out, 1, 1}));
}

TEST(PoolMachine, while_the_sorry_server_serves_live_ones_stand_by_until_the_quorum_is_back) {
    model::Pool pool = pool_of(4);
    pool.quorum = 3;
    pool.hysteresis = 1;
    pool.sorry = model::Sorry{.endpoint = real(99)};
    Machine m(pool);
    (void)m.start(at(0));
    (void)m.fail(0, at(1));
    (void)m.fail(1, at(1));
    EXPECT_TRUE(m.machine.quorum_up()) << "2 is not fewer than 3 - 1";
    (void)m.fail(2, at(2));
    EXPECT_EQ(weights(m.machine, at(2)), (std::vector<std::uint32_t>{out, out, out, out}));
    (void)m.pass(0, at(3));
    (void)m.pass(1, at(3));
    EXPECT_FALSE(m.machine.quorum_up()) << "3 is fewer than 3 + 1";
    EXPECT_EQ(weights(m.machine, at(3)), (std::vector<std::uint32_t>{out, out, out, out}));
    EXPECT_EQ(m.machine.state_word(0, at(3)), "standing by");
    (void)m.pass(2, at(4));
    EXPECT_EQ(weights(m.machine, at(4)), (std::vector<std::uint32_t>{1, 1, 1, 1}));
}

TEST(PoolMachine, an_inhibited_server_stays_with_weight_0) {
    model::Pool pool = pool_of(2);
    pool.servers[0].inhibit_on_failure = true;
    Machine m(pool);
    (void)m.start(at(0));
    EXPECT_THAT(told(m.fail(0, at(1))), ElementsAre("Disabling service [10.0.0.2]:tcp:80 from VS [192.168.88.23]:tcp:80", "tell RS [10.0.0.2]:tcp:80 DOWN"));
    EXPECT_EQ(weights(m.machine, at(1)), (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(m.machine.state_word(0, at(1)), "inhibited");
}

TEST(PoolMachine, a_server_whose_connections_are_kept_leaves_the_table_as_well) {
    model::Pool pool = pool_of(2);
    pool.on_down = model::OnDown::keep;
    Machine m(pool);
    (void)m.start(at(0));
    EXPECT_THAT(told(m.fail(0, at(1))), ::testing::Contains("Removing service [10.0.0.2]:tcp:80 from VS [192.168.88.23]:tcp:80"));
    EXPECT_EQ(weights(m.machine, at(1)), (std::vector<std::uint32_t>{999, 1}));
}

TEST(PoolMachine, all_inhibited_and_dead_count_nothing_for_the_quorum) {
    model::Pool pool = pool_of(1);
    pool.servers[0].inhibit_on_failure = true;
    pool.sorry = model::Sorry{.endpoint = real(99), .inhibit = true};
    Machine m(pool);
    (void)m.start(at(0));
    EXPECT_EQ(m.machine.view(at(0)).sorry, 0U) << "an inhibited sorry server stands there with weight 0";
    (void)m.fail(0, at(1));
    EXPECT_EQ(m.machine.view(at(1)).sorry, 1U);
    EXPECT_EQ(weights(m.machine, at(1)), (std::vector<std::uint32_t>{0}));
}

TEST(PoolMachine, a_server_with_two_failed_checks_needs_both_again) {
    Machine m(pool_of(2));
    (void)m.start(at(0));
    (void)m.fail(0, at(1));
    EXPECT_THAT(told(m.fail(0, at(2))), IsEmpty());
    EXPECT_THAT(told(m.pass(0, at(3))), IsEmpty());
    EXPECT_FALSE(m.pass(0, at(4)).empty());
}

TEST(PoolMachine, alpha_starts_with_the_sorry_server_and_tells_the_first_success) {
    model::Pool pool = pool_of(1);
    pool.sorry = model::Sorry{.endpoint = real(99)};
    Machine m(pool);
    m.machine.prepare(0, {.failed = 1});
    EXPECT_THAT(told(m.start(at(0))), ElementsAre("Lost quorum 1-0=1 > 0 for VS [192.168.88.23]:tcp:80",
                                                     "Adding sorry server [10.0.0.99]:tcp:80 to VS [192.168.88.23]:tcp:80",
                                                     "tell VS [192.168.88.23]:tcp:80 DOWN"));
    EXPECT_THAT(told(m.pass(0, at(1))), ::testing::Contains("tell RS [10.0.0.2]:tcp:80 UP"));
}

TEST(PoolMachine, rs_init_notifies_tells_the_beginning) {
    Machine m(pool_of(1));
    EXPECT_THAT(told(m.machine.start({.notifies = true}, at(0))), ElementsAre("tell RS [10.0.0.2]:tcp:80 UP", "Gained quorum 1+0=1 <= 1 for VS [192.168.88.23]:tcp:80", "tell VS [192.168.88.23]:tcp:80 UP"));
}

TEST(PoolMachine, omega_tells_the_end_and_only_omega) {
    model::Pool pool = pool_of(2);
    Machine without(pool);
    (void)without.start(at(0));
    EXPECT_THAT(told(without.machine.stop()), IsEmpty());
    pool.omega = true;
    Machine with(pool);
    (void)with.start(at(0));
    (void)with.fail(1, at(1));
    EXPECT_THAT(told(with.machine.stop()), ElementsAre("tell RS [10.0.0.2]:tcp:80 DOWN", "tell VS [192.168.88.23]:tcp:80 DOWN"));
}

TEST(PoolMachine, dynamic_weights_count_for_the_quorum_while_up_only) {
    model::Pool pool = pool_of(2);
    pool.servers[0].weight = 10;
    Machine m(pool);
    (void)m.start(at(0));
    EXPECT_THAT(told(m.machine.on(WeightAdded{0, -10, "weight 0"}, at(1))),
                ElementsAre("Changing weight from 10 to 0 for active service [10.0.0.2]:tcp:80 of VS [192.168.88.23]:tcp:80"));
    EXPECT_EQ(m.machine.live_weight(), 1);
    (void)m.fail(1, at(2));
    EXPECT_FALSE(m.machine.quorum_up()) << "a live server of weight 0 is no quorum";
    (void)m.machine.on(WeightAdded{1, 4, "weight 5"}, at(3));
    EXPECT_EQ(m.machine.live_weight(), 0);
    (void)m.pass(1, at(4));
    EXPECT_EQ(m.machine.live_weight(), 5);
    EXPECT_EQ(weights(m.machine, at(4)), (std::vector<std::uint32_t>{0, 5}));
}

TEST(PoolMachine, a_weight_never_leaves_its_range) {
    Machine m(pool_of(1));
    (void)m.start(at(0));
    (void)m.machine.on(WeightAdded{0, -50, ""}, at(1));
    EXPECT_EQ(weights(m.machine, at(1)), (std::vector<std::uint32_t>{0}));
    (void)m.machine.on(WeightAdded{0, 1LL << 40, ""}, at(2));
    EXPECT_EQ(weights(m.machine, at(2)), (std::vector<std::uint32_t>{2147483647}));
}

TEST(PoolMachine, slow_start_raises_the_weight_over_its_time) {
    model::Pool pool = pool_of(2);
    pool.servers[0].weight = 100;
    pool.slow_start = 10s;
    Machine m(pool);
    (void)m.start(at(0));
    EXPECT_EQ(weights(m.machine, at(0))[0], 100U) << "not at the daemon's start";
    (void)m.fail(0, at(1000));
    (void)m.pass(0, at(2000));
    EXPECT_EQ(weights(m.machine, at(2000))[0], 1U);
    EXPECT_EQ(weights(m.machine, at(7000))[0], 50U);
    ASSERT_TRUE(m.machine.wake());
    EXPECT_LE(*m.machine.wake(), at(2200));
    (void)m.machine.tick(at(12000));
    EXPECT_EQ(weights(m.machine, at(12000))[0], 100U);
    EXPECT_EQ(m.machine.wake(), std::nullopt);
}

TEST(PoolMachine, a_server_that_flaps_stays_out_for_the_damping_time) {
    model::Pool pool = pool_of(2);
    pool.flap_damping = 60s;
    Machine m(pool);
    (void)m.start(at(0));
    (void)m.fail(0, at(1000));
    (void)m.pass(0, at(2000));
    (void)m.fail(0, at(30'000));
    EXPECT_THAT(told(m.pass(0, at(31'000))), IsEmpty());
    EXPECT_EQ(m.machine.state_word(0, at(31'000)), "damped");
    EXPECT_EQ(m.machine.wake(), at(90'000));
    EXPECT_THAT(told(m.machine.tick(at(90'000))), ::testing::Contains("tell RS [10.0.0.2]:tcp:80 UP"));
}

TEST(PoolMachine, two_failures_far_apart_are_no_flapping) {
    model::Pool pool = pool_of(2);
    pool.flap_damping = 60s;
    Machine m(pool);
    (void)m.start(at(0));
    (void)m.fail(0, at(1000));
    (void)m.pass(0, at(2000));
    (void)m.fail(0, at(61'001));
    EXPECT_FALSE(m.pass(0, at(62'000)).empty());
}

TEST(PoolMachine, below_the_panic_threshold_all_are_used) {
    model::Pool pool = pool_of(4);
    pool.panic_threshold = 50;
    Machine m(pool);
    (void)m.start(at(0));
    (void)m.fail(0, at(1));
    (void)m.fail(1, at(2));
    EXPECT_FALSE(m.machine.panics()) << "half is not fewer than half";
    EXPECT_THAT(told(m.fail(2, at(3))), ::testing::Contains("VS [192.168.88.23]:tcp:80 has 1 of 4 servers up, fewer than its panic threshold: all are used"));
    EXPECT_EQ(weights(m.machine, at(3)), (std::vector<std::uint32_t>{1, 1, 1, 1}));
    (void)m.pass(0, at(4));
    EXPECT_FALSE(m.machine.panics());
    EXPECT_EQ(weights(m.machine, at(4)), (std::vector<std::uint32_t>{1, out, out, 1}));
}

TEST(PoolMachine, a_server_checked_through_its_service_is_known_there_before_it_ever_was_up) {
    model::Pool pool = pool_of(2);
    pool.servers[0].checks[0].target.through = Endpoint{pool.services[0].address, 80};
    Machine m(pool);
    m.machine.prepare(0, {.failed = 1, .up = false});
    (void)m.start(at(0));
    EXPECT_EQ(weights(m.machine, at(0)), (std::vector<std::uint32_t>{0, 1})) << "with weight 0, for its checks";
    (void)m.machine.on(CheckRecovered{0, ""}, at(1));
    EXPECT_EQ(weights(m.machine, at(1)), (std::vector<std::uint32_t>{1, 1}));
    (void)m.fail(0, at(2));
    EXPECT_EQ(weights(m.machine, at(2)), (std::vector<std::uint32_t>{out, 1})) << "from then on its row is kept";
}

TEST(PoolMachine, a_server_in_maintenance_is_out_even_in_panic) {
    model::Pool pool = pool_of(2);
    pool.panic_threshold = 90;
    Machine m(pool);
    (void)m.start(at(0));
    EXPECT_THAT(told(m.machine.on(MaintenanceBegan{0}, at(1))), ::testing::Contains("Maintenance of [10.0.0.2]:tcp:80 begins"));
    EXPECT_TRUE(m.machine.panics());
    EXPECT_EQ(weights(m.machine, at(1)), (std::vector<std::uint32_t>{out, 1}));
    EXPECT_EQ(m.machine.state_word(0, at(1)), "maintenance");
    EXPECT_FALSE(m.machine.on(MaintenanceEnded{0}, at(2)).empty());
    EXPECT_EQ(weights(m.machine, at(2)), (std::vector<std::uint32_t>{1, 1}));
}

TEST(PoolMachine, a_reload_keeps_who_is_down_and_tells_only_what_changed) {
    Machine before(pool_of(3));
    (void)before.start(at(0));
    (void)before.fail(1, at(1));
    Machine after(pool_of(3));
    for (ServerIndex i = 0; i < 3; ++i) after.machine.prepare(i, before.machine.server(i));
    after.machine.prepare_quorum(before.machine.quorum_up(), before.machine.sorry_in());
    EXPECT_THAT(told(after.start(at(2))), IsEmpty());
    EXPECT_EQ(after.machine.view(at(2)), before.machine.view(at(2)));
}

}  // namespace
}  // namespace lvx::health
