#include "bfd/watch.hh"

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <map>
#include <mutex>

#include "bfd/test_sessions.hh"

namespace lvx::bfd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const model::BfdInstance left = test::session("left", "127.94.2.1", "127.94.2.2"), right = test::session("right", "127.94.2.2", "127.94.2.1");

class States {
 public:
    Driver::Outside outside() {
        return {.changed = [this](const model::BfdInstance& session, State, State after, Instant) {
                    const std::scoped_lock hold(lock_);
                    states_[session.name] = after;
                },
                .emit = [](const model::Event&) {}};
    }
    bool become(State wanted_left, State wanted_right) {
        for (const auto end = Clock::now() + 30s; Clock::now() < end; ::poll(nullptr, 0, 1)) {
            const std::scoped_lock hold(lock_);
            if (states_["left"] == wanted_left && states_["right"] == wanted_right) return true;
        }
        return false;
    }

 private:
    std::mutex lock_;
    std::map<std::string, State> states_;
};

TEST(Watch, runs_sessions_by_itself_while_others_ask_and_order) {
    States states;
    const auto watch = Watch::start(states.outside());
    ASSERT_TRUE(watch);
    ASSERT_TRUE((*watch)->configure(std::vector{left, right}));
    EXPECT_TRUE(states.become(State::up, State::up));
    EXPECT_EQ((*watch)->sessions().size(), 2U);
    ASSERT_TRUE((*watch)->administer("right", Administration::down));
    EXPECT_TRUE(states.become(State::down, State::admin_down));
    EXPECT_EQ((*watch)->counters().malformed, 0U);
}

}  // namespace
}  // namespace lvx::bfd
