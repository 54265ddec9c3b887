// The Runner's thread: waits for orders, children, output and deadlines.
//
//   Start -> [lane busy? behind it] -> [running >= limit? queue] -> spawn -> running -> ended -> next of the lane
//                                                                     |-> deadline: SIGTERM -> kill_delay: SIGKILL
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "script/desk.hh"
#include "script/spawn.hh"

namespace lvx::script {

class Worker {
 public:
    static Result<std::unique_ptr<Worker>> make(Desk& desk, Rules rules, Limits limits);

    // Until a Finish order.
    void run();

 private:
    using Clock = std::chrono::steady_clock;
    enum class Stage : std::uint8_t { running, terminated, killed };

    struct Running {
        std::string lane;
        Child child;
        Fd output;  // of captured jobs, until it ends
        std::string text;
        bool cut = false, forgotten = false;
        Stage stage = Stage::running;
        Clock::time_point began;
        std::optional<Clock::time_point> deadline;
    };

    Worker(Desk& desk, Rules rules, Limits limits, Spawner spawner, Fd epoll, Fd null);

    void take(Start& start);
    void take(const Forget& forget);
    void take(const Rules& rules) { rules_ = rules; }
    void take(const Finish&) { finishing_ = true; }
    [[nodiscard]] bool drop_waiting(JobId id);
    void make_ready(Start start);
    void start_ready();
    void launch(Start start);
    [[nodiscard]] Result<Running> begin(const Start& start);
    [[nodiscard]] Result<Child> spawn(const Job& job, int output);
    [[nodiscard]] Result<void> watch(JobId id, const Running& running);
    void enforce_deadlines(Clock::time_point now);
    void advance(Running& running, Clock::time_point now);
    [[nodiscard]] int patience_ms(Clock::time_point now) const;
    void handle(std::uint64_t tag);
    void read_output(Running& running);
    void reap(JobId id);
    void report(JobId id, Running& running, Outcome outcome);
    void free_lane(const std::string& lane);
    void kill_all();

    Desk& desk_;
    Rules rules_;
    Limits limits_;
    Spawner spawner_;
    Fd epoll_, null_;
    std::deque<Start> ready_;
    std::map<std::string, std::deque<Start>> lanes_;  // present = busy; what waits behind
    std::map<JobId, Running> running_;
    bool finishing_ = false;
};

}  // namespace lvx::script
