#include "tests/support/stall_meter.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace lvx::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Both ends of a pipe; a byte is a word between parent and child.
struct Word {
    Word() { EXPECT_EQ(::pipe(ends.data()), 0); }
    ~Word() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    void say() const { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
    void await() const {
        char byte = 0;
        EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    }
    std::array<int, 2> ends{};
};

TEST(StallMeter, notices_a_stall_of_the_whole_process_at_its_full_length) {
    const Word ready, go_on;
    const pid_t child = ::fork();
    if (child == 0) {
        const StallMeter meter;
        ready.say();
        go_on.await();
        ::_exit(meter.worst() >= 195ms ? 0 : 1);
    }
    ready.await();
    ::kill(child, SIGSTOP);
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    ASSERT_TRUE(WIFSTOPPED(status));
    ::poll(nullptr, 0, 200);
    ::kill(child, SIGCONT);
    go_on.say();
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(StallMeter, never_claims_more_than_the_time_that_passed) {
    const auto begun = Clock::now();
    const StallMeter meter;
    const auto worst = meter.worst();
    EXPECT_LE(worst, std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - begun));
}

}  // namespace
}  // namespace lvx::test
