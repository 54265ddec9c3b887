// Runs commands for the rest of the daemon: checks, trackers, notifications.  A thread of its own starts them, reads their
// output and ends those that take too long, so that the loop which asks never waits for a disk, a resolver or a fork:
//
//   loop --run(job, done)--> queue --> thread: rules, vfork, exec, pidfd, time-out --> queue --> fd() readable, step() calls done
//
// One Runner belongs to one loop: run, forget and step are called from that loop's thread; another loop has another
// Runner.  Commands are children of the Runner's thread and get SIGKILL when it ends (PR_SET_PDEATHSIG).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "model/watch.hh"
#include "script/rules.hh"

namespace lvx::script {

enum class Output : std::uint8_t { dropped, captured };

struct Job {
    model::Command command;                 // words; user and group "" = those of the rules
    std::vector<std::string> environment;   // "NAME=value", beside PATH and what the daemon has
    std::chrono::milliseconds timeout{0};   // SIGTERM to its process group, SIGKILL kill_delay later; 0 = may run for ever
    Output output = Output::dropped;
    // Jobs of one lane run one after the other, in the order of run(); "" = at once.
    std::string lane;
};

enum class Ending : std::uint8_t {
    exited,       // code = exit status
    signalled,    // code = signal
    timed_out,    // code = signal that ended it
    not_started,  // error says why
};

struct Outcome {
    Ending ending = Ending::not_started;
    int code = 0;
    std::optional<Error> error;
    std::string output;              // standard output and error, the first output_limit bytes
    std::chrono::microseconds took{0};

    [[nodiscard]] bool succeeded() const { return ending == Ending::exited && code == 0; }
    // "exit status 3", "killed by SIGSEGV", "no answer within its time", "cannot run /x: No such file or directory".
    [[nodiscard]] std::string sentence() const;
};

struct Limits {
    std::size_t running = 256;    // at the same time; the others wait for their turn
    std::size_t waiting = 16384;  // beyond: not_started, EAGAIN
    std::chrono::milliseconds kill_delay{2000};
    static constexpr std::size_t output_limit = 4096;
};

// Since start; `running` and `waiting` now.
struct Counters {
    std::uint64_t started = 0, failed_to_start = 0, timed_out = 0, delayed_by_limit = 0, refused_by_limit = 0, output_cut = 0;
    std::uint64_t running = 0, waiting = 0;
    bool operator==(const Counters&) const = default;
};

using JobId = std::uint64_t;
using Done = std::function<void(const Outcome&)>;

class Runner {
 public:
    static Result<std::unique_ptr<Runner>> start(Rules rules, Limits limits);

    // Ends what still runs: SIGKILL to every process group.
    virtual ~Runner() = default;

    // `done` is called from step(), never from here.
    virtual JobId run(Job job, Done done) = 0;
    // Its callback is not called any more; it is ended as by a time-out.
    virtual void forget(JobId job) = 0;
    // For jobs started from now on (a reload may change users and security).
    virtual void set_rules(Rules rules) = 0;

    // Becomes readable (EPOLLIN) when step() has something to do.
    [[nodiscard]] virtual int fd() const = 0;
    // Calls what is done; callbacks may call run and forget.
    virtual void step() = 0;
    // For the end of a daemon: calls what is done until nothing runs or waits, or until the patience is over.  Blocks.
    virtual bool drain(std::chrono::milliseconds patience) = 0;

    [[nodiscard]] virtual Counters counters() const = 0;
};

}  // namespace lvx::script
