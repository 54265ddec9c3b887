#include "daemon/bfd_side.hh"

#include <gtest/gtest.h>
#include <poll.h>

#include <map>
#include <mutex>

#include "bfd/test_sessions.hh"

namespace lvx::daemon {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;


// What routers and checks were told last, from whichever thread.
struct Told {
    BfdSide::Surroundings surroundings() {
        return {.to_routers = [this](const std::string& session, bool up) { note("router " + session, up); },
                .to_checks = [this](const std::string& session, bool up) { note("check " + session, up); },
                .peer_dead = [this](const std::string& session) { note("dead " + session, true); },
                .emit = [](const model::Event&) {}};
    }
    void note(const std::string& what, bool value) {
        const std::scoped_lock hold(lock);
        values[what] = value;
    }
    bool becomes(const std::string& what, bool value) {
        for (const auto end = Clock::now() + 30s; Clock::now() < end; ::poll(nullptr, 0, 1)) {
            const std::scoped_lock hold(lock);
            if (values.contains(what) && values.at(what) == value) return true;
        }
        return false;
    }
    std::mutex lock;
    std::map<std::string, bool> values;
};

TEST(BfdSide, tells_routers_and_checks_what_concerns_them) {
    Told told;
    BfdSide side(told.surroundings());
    EXPECT_TRUE(side.sessions().empty());
    model::Vrrp both{.bfds = {bfd::test::session("left", "127.94.3.1", "127.94.3.2"), bfd::test::session("right", "127.94.3.2", "127.94.3.1")}};
    both.bfds[1].for_vrrp = false;
    ASSERT_TRUE(side.configure(both));
    EXPECT_TRUE(told.becomes("router left", true));
    EXPECT_TRUE(told.becomes("check right", true));
    model::Vrrp one = both;
    one.bfds.pop_back();
    ASSERT_TRUE(side.configure(one));
    EXPECT_TRUE(told.becomes("router left", false));
    EXPECT_TRUE(told.becomes("dead left", true));
    const std::scoped_lock hold(told.lock);
    EXPECT_FALSE(told.values.contains("router right"));
    EXPECT_EQ(side.sessions().at(0).diagnostic, "Neighbor Signaled Session Down");
}

}  // namespace
}  // namespace lvx::daemon
