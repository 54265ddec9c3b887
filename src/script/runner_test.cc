#include "script/runner.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace lvx::script {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// Who may run what is tested in rules_test.cc; here scripts run as whoever runs the test.
const Rules as_root{.user = "root"};

struct Bench {
    explicit Bench(Limits limits) : runner(std::move(*Runner::start(as_root, limits))) {}
    Bench() : Bench(Limits{.kill_delay = 100ms}) {}

    JobId run(Job job) {
        return runner->run(std::move(job), [this](const Outcome& outcome) { outcomes.push_back(outcome); });
    }
    Outcome result_of(Job job) {
        run(std::move(job));
        EXPECT_TRUE(runner->drain(30s));
        return outcomes.empty() ? Outcome{} : outcomes.back();
    }

    std::unique_ptr<Runner> runner;
    std::vector<Outcome> outcomes;
};

Job shell(const std::string& text) {
    return {.command = {.words = {"/bin/sh", "-c", text}}, .timeout = 30s, .output = Output::captured};
}

template <class Condition>
bool becomes_true(Condition condition) {
    for (const auto end = Clock::now() + 30s; Clock::now() < end; ::poll(nullptr, 0, 1))
        if (condition()) return true;
    return false;
}

bool alive(pid_t pid) { return ::kill(pid, 0) == 0; }

TEST(Runner, tells_the_exit_status) {
    Bench bench;
    EXPECT_TRUE(bench.result_of(shell("exit 0")).succeeded());
    const Outcome three = bench.result_of(shell("exit 3"));
    EXPECT_EQ(three.ending, Ending::exited);
    EXPECT_EQ(three.sentence(), "exit status 3");
}

TEST(Runner, tells_the_signal_that_ended_a_command) {
    Bench bench;
    const Outcome outcome = bench.result_of(shell("kill -SEGV $$"));
    EXPECT_EQ(outcome.ending, Ending::signalled);
    EXPECT_EQ(outcome.sentence(), "killed by SIGSEGV");
}

TEST(Runner, a_missing_program_is_told_with_its_name) {
    Bench bench;
    const Outcome outcome = bench.result_of({.command = {.words = {"/no/such/program"}}});
    EXPECT_EQ(outcome.ending, Ending::not_started);
    EXPECT_EQ(outcome.sentence(), "cannot run /no/such/program: No such file or directory");
    EXPECT_EQ(bench.result_of({.command = {.words = {"no-such-program"}}}).error->code, ENOENT);
    EXPECT_EQ(bench.result_of({}).error->code, EINVAL);
    EXPECT_EQ(bench.runner->counters().failed_to_start, 3U);
    EXPECT_EQ(bench.runner->counters().waiting, 0U);
}

TEST(Runner, a_program_without_slash_is_found_in_the_path) {
    Bench bench;
    EXPECT_TRUE(bench.result_of({.command = {.words = {"true"}}}).succeeded());
}

TEST(Runner, a_script_without_interpreter_line_is_given_to_the_shell) {
    const std::string file = "/tmp/lvx-runner-test-" + std::to_string(::getpid());
    std::ofstream(file) << "exit $1\n";
    ::chmod(file.c_str(), 0700);
    Bench bench;
    EXPECT_EQ(bench.result_of({.command = {.words = {file, "7"}}}).code, 7);
    ::unlink(file.c_str());
}

TEST(Runner, keeps_what_a_command_says_up_to_the_bound) {
    Bench bench;
    EXPECT_EQ(bench.result_of(shell("echo out; echo err >&2")).output, "out\nerr\n");
    const Outcome much = bench.result_of(shell("head -c 100000 /dev/zero | tr '\\0' x"));
    EXPECT_TRUE(much.succeeded());
    EXPECT_EQ(much.output.size(), Limits::output_limit);
    EXPECT_EQ(bench.runner->counters().output_cut, 1U);
}

TEST(Runner, gives_a_command_an_empty_input_and_the_environment_asked_for) {
    Bench bench;
    Job job = shell("cat; echo $LVX_WORD; echo $PATH");
    job.environment = {"LVX_WORD=a b"};
    EXPECT_THAT(bench.result_of(job).output, testing::StartsWith("a b\n/"));
}

TEST(Runner, a_command_has_no_files_but_its_three) {
    Bench bench;
    EXPECT_EQ(bench.result_of(shell("ls /proc/self/fd | tr '\\n' ' '")).output, "0 1 2 3 ");  // 3 is the folder ls reads
}

TEST(Runner, a_command_that_takes_too_long_is_ended_with_what_it_started) {
    Bench bench;
    Job job = shell("sleep 60 & echo $!; wait");
    job.timeout = 1s;
    const Outcome outcome = bench.result_of(job);
    EXPECT_EQ(outcome.ending, Ending::timed_out);
    EXPECT_LT(outcome.took, 30s);
    EXPECT_EQ(outcome.sentence(), "no answer within its time");
    EXPECT_EQ(bench.runner->counters().timed_out, 1U);
    const pid_t sleeper = std::atoi(outcome.output.c_str());
    ASSERT_GT(sleeper, 1);
    EXPECT_TRUE(becomes_true([&] { return !alive(sleeper); }));
}

TEST(Runner, a_command_that_ignores_the_time_out_is_killed) {
    Bench bench;
    Job job = shell("trap '' TERM; while :; do sleep 0.01; done");
    job.timeout = 1s;  // time enough to set its trap
    const Outcome outcome = bench.result_of(job);
    EXPECT_EQ(outcome.ending, Ending::timed_out);
    EXPECT_EQ(outcome.code, SIGKILL);
    EXPECT_GE(outcome.took, 1100ms);
}

TEST(Runner, what_a_good_command_leaves_running_does_not_hold_it_up) {
    Bench bench;
    const Outcome outcome = bench.result_of(shell("sleep 60 & echo $!"));
    EXPECT_TRUE(outcome.succeeded());
    EXPECT_LT(outcome.took, 30s);
    ::kill(std::atoi(outcome.output.c_str()), SIGKILL);
}

TEST(Runner, a_hanging_command_delays_no_other) {
    Bench bench;
    bench.run({.command = {.words = {"/bin/sleep", "60"}}});
    bool done = false;
    bench.runner->run(shell("exit 0"), [&](const Outcome&) { done = true; });
    EXPECT_TRUE(becomes_true([&] { bench.runner->step(); return done; }));
    EXPECT_TRUE(bench.outcomes.empty());
}

TEST(Runner, commands_of_one_lane_run_one_after_the_other) {
    Bench bench;
    std::string order;
    const std::vector<std::string> commands{"sleep 0.05; echo 1", "echo 2", "no-such-command-here", "echo 3"};
    for (const std::string& text : commands) {
        Job job = shell(text);
        job.lane = "VI_1";
        bench.runner->run(job, [&](const Outcome& outcome) { order += outcome.succeeded() ? outcome.output.substr(0, 1) : "x"; });
    }
    EXPECT_TRUE(bench.runner->drain(30s));
    EXPECT_EQ(order, "12x3");
}

TEST(Runner, one_that_cannot_start_frees_its_lane) {
    Bench bench;
    bench.run({.command = {.words = {"/no/such/program"}}, .lane = "VI_1"});
    bench.run({.command = {.words = {"/bin/true"}}, .lane = "VI_1"});
    EXPECT_TRUE(bench.runner->drain(30s));
    ASSERT_EQ(bench.outcomes.size(), 2U);
    EXPECT_TRUE(bench.outcomes.back().succeeded());
}

TEST(Runner, a_forgotten_command_is_ended_and_not_told) {
    Bench bench;
    const JobId job = bench.run({.command = {.words = {"/bin/sleep", "60"}}});
    ASSERT_TRUE(becomes_true([&] { return bench.runner->counters().running == 1; }));
    bench.runner->forget(job);
    EXPECT_TRUE(becomes_true([&] { return bench.runner->counters().running == 0; }));
    EXPECT_TRUE(bench.runner->drain(0ms));
    EXPECT_TRUE(bench.outcomes.empty());
}

TEST(Runner, a_forgotten_command_that_waits_never_starts) {
    Bench bench(Limits{.running = 1});
    const JobId first = bench.run({.command = {.words = {"/bin/sleep", "60"}}, .lane = "a"});
    const JobId second = bench.run({.command = {.words = {"/bin/sleep", "60"}}, .lane = "a"});
    const JobId third = bench.run({.command = {.words = {"/bin/sleep", "60"}}, .lane = "b"});
    ASSERT_TRUE(becomes_true([&] { return bench.runner->counters().running == 1; }));
    for (const JobId job : {second, third, first}) bench.runner->forget(job);
    EXPECT_TRUE(becomes_true([&] { const Counters now = bench.runner->counters(); return now.running + now.waiting == 0; }));
    EXPECT_EQ(bench.runner->counters().started, 1U);
    EXPECT_TRUE(bench.result_of({.command = {.words = {"/bin/true"}}, .lane = "b"}).succeeded());
}

TEST(Runner, no_more_run_at_once_than_the_bound_and_all_run_in_the_end) {
    Bench bench(Limits{.running = 2});
    for (int i = 0; i < 8; ++i) bench.run(shell("sleep 0.01"));
    std::uint64_t most = 0;
    EXPECT_TRUE(becomes_true([&] {
        bench.runner->step();
        most = std::max(most, bench.runner->counters().running);
        return bench.outcomes.size() == 8;
    }));
    EXPECT_LE(most, 2U);
    EXPECT_EQ(bench.runner->counters().delayed_by_limit, 6U);
}

TEST(Runner, beyond_the_bound_of_waiting_it_refuses_and_counts) {
    Bench bench(Limits{.running = 1, .waiting = 2});
    for (int i = 0; i < 8; ++i) bench.run({.command = {.words = {"/bin/sleep", "0.05"}}});
    EXPECT_TRUE(bench.runner->drain(30s));
    ASSERT_EQ(bench.outcomes.size(), 8U);
    const auto refused = std::ranges::count_if(bench.outcomes, [](const Outcome& each) { return each.error && each.error->code == EAGAIN; });
    EXPECT_GE(refused, 5);
    EXPECT_EQ(bench.runner->counters().refused_by_limit, static_cast<std::uint64_t>(refused));
}

TEST(Runner, its_end_ends_what_runs) {
    pid_t script = 0;
    {
        Bench bench;
        const std::string file = "/tmp/lvx-runner-pid-" + std::to_string(::getpid());
        bench.run(shell("echo $$ > " + file + "; sleep 60"));
        EXPECT_TRUE(becomes_true([&] { return std::ifstream(file) >> script && script > 1; }));
        ::unlink(file.c_str());
    }
    EXPECT_TRUE(becomes_true([&] { return !alive(script); }));
}

TEST(Runner, a_callback_may_run_the_next_command) {
    Bench bench;
    std::string said;
    bench.runner->run(shell("echo 1"), [&](const Outcome& first) {
        said += first.output;
        bench.runner->run(shell("echo 2"), [&](const Outcome& second) { said += second.output; });
    });
    EXPECT_TRUE(bench.runner->drain(30s));
    EXPECT_EQ(said, "1\n2\n");
}

TEST(Runner, a_command_runs_as_the_user_it_names) {
    if (::geteuid() != 0) return;  // only root can become somebody
    Bench bench;
    Job job = shell("id -u; id -g; id -G");
    job.command.user = "nobody";
    EXPECT_EQ(bench.result_of(job).output, "65534\n65534\n65534\n");
    job.command.user = "no-such-user-here";
    EXPECT_EQ(bench.result_of(job).sentence(), "cannot run scripts as no-such-user-here: No such file or directory");
}

TEST(Runner, under_script_security_root_runs_nothing_that_others_can_change) {
    if (::geteuid() != 0) return;
    const std::string file = "/tmp/lvx-runner-security-" + std::to_string(::getpid());
    std::ofstream(file) << "#!/bin/sh\n";
    ::chmod(file.c_str(), 0700);
    Bench bench;
    const Job job{.command = {.words = {file}}};
    EXPECT_TRUE(bench.result_of(job).succeeded());
    bench.runner->set_rules({.user = "root", .security = true});
    EXPECT_THAT(bench.result_of(job).sentence(), HasSubstr("as root: Operation not permitted"));
    EXPECT_TRUE(bench.result_of(shell("exit 0")).succeeded());
    ::unlink(file.c_str());
}

}  // namespace
}  // namespace lvx::script
