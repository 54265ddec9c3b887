#include "bfd/machine.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace lvx::bfd {
namespace {

using namespace std::chrono_literals;

const Instant start{};

Packet heard(State state) {
    return {.state = state, .multiplier = 3, .my_discriminator = 7, .your_discriminator = 1, .desired_min_tx_us = 20000, .required_min_rx_us = 10000};
}

Session fresh() { return new_session({}, 1, start); }

// Through Init to Up.
Session up_at(Instant now) {
    Session session = step(fresh(), Started{}, now, 0).session;
    session = step(session, Received{heard(State::down)}, now, 0).session;
    return step(session, Received{heard(State::up)}, now, 0).session;
}

std::vector<Packet> sent(const Step& step) {
    std::vector<Packet> result;
    for (const Action& action : step.actions)
        if (const auto* send = std::get_if<Send>(&action)) result.push_back(send->packet);
    return result;
}

struct Row {
    State ours, theirs, next;
};

// Section 6.2's drawing and section 6.8.6's text, row by row.
class Transitions : public testing::TestWithParam<Row> {};

TEST_P(Transitions, are_those_of_the_rfc) {
    Session session = fresh();
    session.state = GetParam().ours;
    EXPECT_EQ(step(session, Received{heard(GetParam().theirs)}, start, 0).session.state, GetParam().next);
}

using enum State;
INSTANTIATE_TEST_SUITE_P(Machine, Transitions, testing::Values(
    Row{down, down, init}, Row{down, init, up}, Row{down, up, down}, Row{down, admin_down, down},
    Row{init, down, init}, Row{init, init, up}, Row{init, up, up}, Row{init, admin_down, down},
    Row{up, down, down}, Row{up, init, up}, Row{up, up, up}, Row{up, admin_down, down},
    Row{admin_down, down, admin_down}, Row{admin_down, init, admin_down}, Row{admin_down, up, admin_down}));

TEST(Machine, speaks_slowly_until_it_is_up) {
    const Step first = step(fresh(), Started{}, start, 1.0);
    ASSERT_EQ(sent(first).size(), 1U);
    EXPECT_EQ(sent(first)[0].desired_min_tx_us, 1'000'000U);
    EXPECT_EQ(first.session.transmit_at, start + 1s);
    const Session up = up_at(start);
    EXPECT_EQ(up.state, State::up);
    EXPECT_EQ(transmit_interval(up), 10ms);
}

TEST(Machine, jitter_takes_up_to_a_quarter_and_with_one_packet_at_least_a_tenth) {
    EXPECT_EQ(step(fresh(), Started{}, start, 0.0).session.transmit_at, start + 750ms);
    EXPECT_EQ(step(fresh(), Started{}, start, 1.0).session.transmit_at, start + 1000ms);
    const Session one = new_session({.multiplier = 1}, 1, start);
    EXPECT_EQ(step(one, Started{}, start, 0.0).session.transmit_at, start + 750ms);
    EXPECT_EQ(step(one, Started{}, start, 1.0).session.transmit_at, start + 900ms);
}

TEST(Machine, detects_after_the_neighbours_multiplier_times_the_slower_interval) {
    const Session up = up_at(start);
    EXPECT_EQ(detection_time(up), 60ms);  // 3 x max(our 10 ms, its 20 ms)
    EXPECT_EQ(step(up, Tick{}, start + 60ms - 1us, 0).session.state, State::up);
    const Step expired = step(up, Tick{}, start + 60ms, 0);
    EXPECT_EQ(expired.session.state, State::down);
    EXPECT_EQ(expired.session.diagnostic, Diagnostic::detection_time_expired);
    EXPECT_EQ(expired.session.remote_discriminator, 0U);
    ASSERT_EQ(sent(expired).size(), 1U);
    EXPECT_EQ(sent(expired)[0].state, State::down);
    EXPECT_EQ(sent(expired)[0].desired_min_tx_us, 1'000'000U);
}

TEST(Machine, a_neighbour_that_says_down_is_believed_at_once) {
    const Step stepped = step(up_at(start), Received{heard(State::down)}, start + 1ms, 0);
    EXPECT_EQ(stepped.session.state, State::down);
    EXPECT_EQ(stepped.session.diagnostic, Diagnostic::neighbour_said_down);
}

TEST(Machine, coming_up_it_polls_for_its_fast_interval_until_the_answer) {
    Session session = step(step(fresh(), Started{}, start, 0).session, Received{heard(State::down)}, start, 0).session;
    const Step came_up = step(session, Received{heard(State::init)}, start, 0);
    ASSERT_EQ(sent(came_up).size(), 1U);
    EXPECT_TRUE(sent(came_up)[0].poll);
    Packet answer = heard(State::up);
    answer.final = true;
    const Step answered = step(came_up.session, Received{answer}, start, 0);
    EXPECT_FALSE(answered.session.polling);
}

TEST(Machine, answers_a_poll_at_once_with_final_and_never_both) {
    Packet poll = heard(State::up);
    poll.poll = true;
    Session session = up_at(start);
    session.polling = true;
    const auto packets = sent(step(session, Received{poll}, start, 0));
    ASSERT_EQ(packets.size(), 1U);
    EXPECT_TRUE(packets[0].final);
    EXPECT_FALSE(packets[0].poll);
}

Session settled_at(Instant now) {
    Packet answer = heard(State::up);
    answer.final = true;
    return step(up_at(now), Received{answer}, now, 0).session;
}

TEST(Machine, sends_more_slowly_only_after_the_neighbour_has_agreed) {
    const Step changed = step(settled_at(start), Reconfigured{{.min_tx = 100ms}}, start, 0);
    EXPECT_EQ(transmit_interval(changed.session), 10ms);
    ASSERT_EQ(sent(changed).size(), 1U);
    EXPECT_TRUE(sent(changed)[0].poll);
    EXPECT_EQ(sent(changed)[0].desired_min_tx_us, 100'000U);
    Packet answer = heard(State::up);
    answer.final = true;
    EXPECT_EQ(transmit_interval(step(changed.session, Received{answer}, start, 0).session), 100ms);
}

TEST(Machine, detects_faster_only_after_the_neighbour_has_agreed) {
    Session session = new_session({.min_rx = 100ms}, 1, start);
    for (const State state : {State::down, State::up}) session = step(session, Received{heard(state)}, start, 0).session;
    session = step(session, Reconfigured{{.min_rx = 20ms}}, start, 0).session;
    EXPECT_EQ(detection_time(session), 300ms);
    Packet answer = heard(State::up);
    answer.final = true;
    EXPECT_EQ(detection_time(step(session, Received{answer}, start, 0).session), 60ms);
}

TEST(Machine, takes_a_neighbours_faster_interval_at_once) {
    Packet slow = heard(State::up);
    slow.required_min_rx_us = 500'000;
    Session session = step(settled_at(start), Received{slow}, start, 1.0).session;
    EXPECT_EQ(session.transmit_at, start + 500ms);
    session = step(session, Received{heard(State::up)}, start + 1ms, 1.0).session;
    EXPECT_EQ(session.transmit_at, start + 11ms);
}

TEST(Machine, sends_nothing_to_who_wants_nothing) {
    Packet deaf = heard(State::up);
    deaf.required_min_rx_us = 0;
    EXPECT_EQ(step(settled_at(start), Received{deaf}, start, 0).session.transmit_at, std::nullopt);
}

TEST(Machine, a_passive_side_waits_to_be_spoken_to) {
    const Step started = step(new_session({.passive = true}, 1, start), Started{}, start, 0);
    EXPECT_TRUE(sent(started).empty());
    EXPECT_EQ(wake_of(started.session), std::nullopt);
    EXPECT_EQ(sent(step(started.session, Received{heard(State::down)}, start, 0)).size(), 1U);
}

TEST(Machine, an_operator_takes_it_down_and_brings_it_back) {
    const Step taken = step(up_at(start), Administered{Administration::down}, start, 0);
    ASSERT_EQ(sent(taken).size(), 1U);
    EXPECT_EQ(sent(taken)[0].state, State::admin_down);
    EXPECT_EQ(sent(taken)[0].diagnostic, Diagnostic::administratively_down);
    EXPECT_TRUE(sent(step(taken.session, Administered{Administration::down}, start, 0)).empty());
    const Session back = step(taken.session, Administered{Administration::up}, start, 0).session;
    EXPECT_EQ(back.state, State::down);
    EXPECT_EQ(step(back, Received{heard(State::init)}, start, 0).session.state, State::up);
}

TEST(Machine, an_unchanged_configuration_sends_nothing) {
    const Session session = settled_at(start);
    EXPECT_TRUE(step(session, Reconfigured{session.parameters}, start, 0).actions.empty());
}

TEST(Machine, changes_are_told_once_each) {
    const Step stepped = step(up_at(start), Tick{}, start + 1s, 0);
    EXPECT_EQ(std::ranges::count_if(stepped.actions, [](const Action& each) { return std::holds_alternative<Changed>(each); }), 1);
    EXPECT_EQ(stepped.session.counters.downs, 1U);
    EXPECT_EQ(stepped.session.counters.ups, 1U);
}

}  // namespace
}  // namespace lvx::bfd
