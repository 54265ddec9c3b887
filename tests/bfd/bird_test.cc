// Our sessions against BIRD's.  The intervals are long (detection 2 s), since "stays up" is about what both sides agree,
// and a machine that stalls either of them for a moment must not be able to take a session down.
//
//   this process, a namespace of its own         namespace of BIRD
//     lvx0 10.77.0.1/24, fd77::1/64  ── veth ──  bird0 10.77.0.2/24, fd77::2/64
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>

#include "bfd/driver.hh"
#include "lab/namespace.hh"
#include "lab/process.hh"
#include "net/links_driver.hh"
#include "tests/support/stall_meter.hh"

namespace lvx::bfd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

template <class T>
T must(Result<T> result) {
    if (!result) {
        ADD_FAILURE() << result.error().sentence();
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

net::Prefix prefix(const char* address, std::uint8_t length) { return {*Address::parse(address), length}; }

// The two namespaces and the link between them, once for all tests.
class Link : public testing::Environment {
 public:
    void SetUp() override {
        char pattern[] = "/tmp/lvx-bfd-XXXXXX";
        folder = ::mkdtemp(pattern);
        // As in the daemon, and BIRD with it.
        const sched_param parameters{.sched_priority = 30};
        ASSERT_EQ(::sched_setscheduler(0, SCHED_FIFO, &parameters), 0);
        ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
        there = must(lab::make_namespace(folder + "/ns"));
        net::Rtnetlink here = must(net::Rtnetlink::open());
        must(here.add_veth({"lvx0", 101}, {"bird0", 102}, there.get()));
        must(here.bring_up(101, 1500));
        must(here.add_address(101, prefix("10.77.0.1", 24)));
        must(here.add_address(101, prefix("fd77::1", 64)));
        must(lab::inside(there.get(), [&]() -> Result<void> {
            net::Rtnetlink inner = TRY(net::Rtnetlink::open());
            TRY(inner.bring_up(1, 65536));
            TRY(inner.bring_up(102, 1500));
            TRY(inner.add_address(102, prefix("10.77.0.2", 24)));
            return inner.add_address(102, prefix("fd77::2", 64));
        }));
    }
    void TearDown() override {
        ::umount2((folder + "/ns").c_str(), MNT_DETACH);
        for (const char* name : {"/ns", "/bird.conf", "/bird.log", "/bird.ctl", "/bird.pid"}) ::unlink((folder + name).c_str());
        ::rmdir(folder.c_str());
    }
    std::string folder;
    Fd there;
};

Link* const link = static_cast<Link*>(testing::AddGlobalTestEnvironment(new Link));  // GoogleTest owns it

class Bird {
 public:
    explicit Bird(const std::string& intervals) {
        write(intervals);
        process_ = must(lab::start(link->there.get(), {.argv = {"chrt", "-f", "30", "bird", "-f", "-c", file("conf"), "-s", file("ctl"), "-P", file("pid")},
                                                      .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                                                      .output = file("log")}));
    }
    void write(const std::string& intervals) const {
        std::ofstream(file("conf")) << "log stderr all;\nrouter id 10.77.0.2;\nprotocol device {}\nprotocol bfd b1 {\n  interface \"bird0\" {\n"
                                    << intervals << "  };\n  neighbor 10.77.0.1 dev \"bird0\" local 10.77.0.2;\n"
                                    << "  neighbor fd77::1 dev \"bird0\" local fd77::2;\n}\n";
    }
    [[nodiscard]] std::string ask(const std::string& command) const { return must(lab::run(link->there.get(), control(command), 20s)).out; }
    // Does not wait: our loop has to go on sending meanwhile.
    void reread() { control_ = must(lab::start(link->there.get(), control("configure"))); }
    void kill() { process_->kill(); }

 private:
    static std::string file(const std::string& name) { return link->folder + "/bird." + name; }
    static lab::Command control(const std::string& command) { return {.argv = {"/bin/sh", "-c", "PATH=$PATH:/usr/sbin birdc -s " + file("ctl") + " " + command}}; }
    std::optional<lab::Process> process_, control_;
};

constexpr const char* usual = "    min rx interval 400 ms; min tx interval 400 ms; idle tx interval 1 s; multiplier 5;\n";
constexpr const char* slower = "    min rx interval 600 ms; min tx interval 600 ms; idle tx interval 1 s; multiplier 6;\n";

model::BfdInstance session(const std::string& name, const char* source, const char* neighbour) {
    return {.name = name, .neighbour = *Address::parse(neighbour), .source = *Address::parse(source), .min_rx = 400ms, .min_tx = 400ms, .multiplier = 5};
}
const model::BfdInstance v4 = session("v4", "10.77.0.1", "10.77.0.2"), v6 = session("v6", "fd77::1", "fd77::2");

struct Ours {
    Ours() {
        driver = must(Driver::open({.changed = [this](const model::BfdInstance& form, State, State state, Instant now) {
                                        states[form.name] = state;
                                        changed_at = now;
                                    },
                                    .emit = [](const model::Event&) {}}));
        must(driver->configure(std::vector{v4, v6}, Clock::now()));
    }
    template <class Condition>
    bool runs_until(Condition condition) {
        for (const auto end = Clock::now() + 20s; Clock::now() < end;) {
            if (condition()) return true;
            pollfd waiting{driver->fd(), POLLIN, 0};
            ::poll(&waiting, 1, 200);
            driver->step(Clock::now());
        }
        return false;
    }
    bool both(State state) { return states["v4"] == state && states["v6"] == state; }
    // Up, with these intervals, of v4, agreed.
    bool agreed(std::chrono::milliseconds transmit, std::chrono::milliseconds detect) {
        const SessionView each = driver->sessions()[0];
        return each.state == State::up && each.transmit == transmit && each.detect == detect;
    }
    bool settled() { return agreed(400ms, 2000ms) && both(State::up); }
    std::uint64_t downs() {
        std::uint64_t sum = 0;
        for (const SessionView& each : driver->sessions()) sum += each.counters.downs;
        return sum;
    }

    std::map<std::string, State> states;
    Instant changed_at;
    std::unique_ptr<Driver> driver;
};

TEST(Bird, sessions_of_both_families_come_up_and_a_killed_neighbour_is_noticed_in_time) {
    Ours ours;
    Bird bird(usual);
    ASSERT_TRUE(ours.runs_until([&] { return ours.settled(); })) << bird.ask("show bfd sessions");
    const test::StallMeter meter;
    bird.kill();
    // Its last packets count from when our loop reads them, which is after this.
    const Instant killed = Clock::now();
    ASSERT_TRUE(ours.runs_until([&] { return ours.both(State::down); }));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(ours.changed_at - killed);
    // A quarter of one interval, and what this machine itself was late: read late, and woken late.
    EXPECT_LT(took, 2000ms + 100ms + 2 * meter.worst());
    std::printf("noticed after %lld ms, detection time 2000 ms, longest stall %lld ms\n", static_cast<long long>(took.count()),
                static_cast<long long>(meter.worst().count()));
    EXPECT_EQ(ours.driver->sessions()[0].diagnostic, Diagnostic::detection_time_expired);
}

TEST(Bird, both_sides_change_their_intervals_while_the_session_stays_up) {
    Ours ours;
    Bird bird(usual);
    ASSERT_TRUE(ours.runs_until([&] { return ours.settled(); }));
    bird.write(slower);
    bird.reread();
    EXPECT_TRUE(ours.runs_until([&] { return ours.agreed(600ms, 3600ms); }));
    model::BfdInstance mine = v4;
    mine.min_tx = 700ms;
    must(ours.driver->configure(std::vector{mine, v6}, Clock::now()));
    EXPECT_TRUE(ours.runs_until([&] { return ours.agreed(700ms, 3600ms); }));
    bird.write(usual);
    bird.reread();
    must(ours.driver->configure(std::vector{v4, v6}, Clock::now()));
    EXPECT_TRUE(ours.runs_until([&] { return ours.settled(); }));
    EXPECT_EQ(ours.downs(), 0U);
}

TEST(Bird, sees_what_an_operator_takes_down_and_brings_back) {
    Ours ours;
    const Bird bird(usual);
    ASSERT_TRUE(ours.runs_until([&] { return ours.settled(); }));
    must(ours.driver->administer("v4", Administration::down, Clock::now()));
    EXPECT_TRUE(ours.runs_until([&] { return bird.ask("show bfd sessions").find("10.77.0.2") == std::string::npos || bird.ask("show bfd sessions").find("Down") != std::string::npos; }));
    EXPECT_EQ(ours.states["v6"], State::up);
    must(ours.driver->administer("v4", Administration::up, Clock::now()));
    EXPECT_TRUE(ours.runs_until([&] { return ours.both(State::up); })) << bird.ask("show bfd sessions");
}

}  // namespace
}  // namespace lvx::bfd
