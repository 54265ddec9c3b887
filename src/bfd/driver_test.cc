#include "bfd/driver.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <map>

#include "bfd/sockets.hh"
#include "bfd/test_sessions.hh"

namespace lvx::bfd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const model::BfdInstance left = test::session("left", "127.94.1.1", "127.94.1.2"), right = test::session("right", "127.94.1.2", "127.94.1.1");

struct Bench {
    Bench() {
        driver = std::move(*Driver::open({.changed = [this](const model::BfdInstance& session, State, State state, Instant) { states[session.name] = state; },
                                          .emit = [this](const model::Event& event) { events.push_back(model::text_of(event)); }}));
    }
    template <class Condition>
    bool runs_until(Condition condition) {
        for (const auto end = Clock::now() + 30s; Clock::now() < end;) {
            if (condition()) return true;
            pollfd waiting{driver->fd(), POLLIN, 0};
            ::poll(&waiting, 1, 1000);
            driver->step(Clock::now());
        }
        return false;
    }
    bool both(State state) { return states["left"] == state && states["right"] == state; }

    std::map<std::string, State> states;
    std::vector<std::string> events;
    std::unique_ptr<Driver> driver;
};

TEST(Driver, two_sessions_come_up_and_one_notices_that_the_other_is_gone) {
    Bench bench;
    const std::vector forms{left, right};
    const auto configured = bench.driver->configure(forms, Clock::now());
    ASSERT_TRUE(configured) << configured.error().sentence();
    ASSERT_TRUE(bench.runs_until([&] { return bench.both(State::up); }));
    ASSERT_TRUE(bench.runs_until([&] { return bench.driver->sessions()[0].detect == 2000ms; }));
    EXPECT_TRUE(bench.driver->configure(std::vector{left}, Clock::now()));
    EXPECT_TRUE(bench.runs_until([&] { return bench.states["left"] == State::down; }));
    EXPECT_EQ(bench.driver->sessions().at(0).diagnostic, Diagnostic::neighbour_said_down);
    EXPECT_THAT(bench.events, testing::Contains("BFD_Instance(left) Entering Up state"));
    EXPECT_THAT(bench.events, testing::Contains("BFD_Instance(left) Entering Down state (Local diagnostic - Neighbor Signaled Session Down)"));
}

TEST(Driver, an_operator_takes_a_session_down_and_back) {
    Bench bench;
    ASSERT_TRUE(bench.driver->configure(std::vector{left, right}, Clock::now()));
    ASSERT_TRUE(bench.runs_until([&] { return bench.both(State::up); }));
    ASSERT_TRUE(bench.driver->administer("right", Administration::down, Clock::now()));
    EXPECT_TRUE(bench.runs_until([&] { return bench.states["left"] == State::down; }));
    EXPECT_EQ(bench.states["right"], State::admin_down);
    ASSERT_TRUE(bench.driver->administer("right", Administration::up, Clock::now()));
    EXPECT_TRUE(bench.runs_until([&] { return bench.both(State::up); }));
    EXPECT_EQ(bench.driver->administer("nobody", Administration::up, Clock::now()).error().code, ENOENT);
}

TEST(Driver, changed_intervals_are_negotiated_while_it_stays_up) {
    Bench bench;
    ASSERT_TRUE(bench.driver->configure(std::vector{left, right}, Clock::now()));
    ASSERT_TRUE(bench.runs_until([&] { return bench.both(State::up); }));
    model::BfdInstance slower = left;
    slower.min_tx = 600ms;
    ASSERT_TRUE(bench.driver->configure(std::vector{slower, right}, Clock::now()));
    EXPECT_TRUE(bench.runs_until([&] { return bench.driver->sessions()[0].transmit == 600ms && bench.driver->sessions()[1].detect == 3000ms; }));
    EXPECT_EQ(bench.driver->sessions()[0].counters.downs, 0U);
}

TEST(Driver, counts_what_belongs_to_nobody) {
    Bench bench;
    model::BfdInstance silent = left;  // its own packets would come to the same socket
    silent.passive = true;
    ASSERT_TRUE(bench.driver->configure(std::vector{silent}, Clock::now()));
    const auto stranger = open_sender(test::session("stranger", "127.94.1.9", "127.94.1.1"), 0);
    ASSERT_TRUE(stranger);
    const auto bytes = bytes_of({.multiplier = 3, .my_discriminator = 5, .desired_min_tx_us = 1000, .required_min_rx_us = 1000});
    ASSERT_EQ(::write(stranger->get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ASSERT_EQ(::write(stranger->get(), bytes.data(), 10), 10);
    EXPECT_TRUE(bench.runs_until([&] { return bench.driver->counters().no_session == 1 && bench.driver->counters().malformed == 1; }));
}

TEST(Driver, what_comes_from_too_far_away_is_discarded) {
    Bench bench;
    ASSERT_TRUE(bench.driver->configure(std::vector{left}, Clock::now()));
    model::BfdInstance far = right;
    far.ttl = 254;
    const auto sender = open_sender(far, 0);
    ASSERT_TRUE(sender);
    const auto bytes = bytes_of({.multiplier = 3, .my_discriminator = 5, .desired_min_tx_us = 1000, .required_min_rx_us = 1000});
    ASSERT_EQ(::write(sender->get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    EXPECT_TRUE(bench.runs_until([&] { return bench.driver->counters().wrong_ttl == 1; }));
    EXPECT_EQ(bench.driver->sessions()[0].counters.discarded, 1U);
}

TEST(Hops, are_counted_from_the_ttl_that_the_neighbour_sends_with) {
    model::BfdInstance session = left;
    EXPECT_TRUE(too_far(session, 254));
    EXPECT_FALSE(too_far(session, 255));
    session.max_hops = 3;
    EXPECT_FALSE(too_far(session, 252));
    EXPECT_TRUE(too_far(session, 251));
    session.max_hops = any_hops;
    EXPECT_FALSE(too_far(session, 1));
    session = left;
    session.ttl = 64;
    EXPECT_FALSE(too_far(session, 64));
}

}  // namespace
}  // namespace lvx::bfd
