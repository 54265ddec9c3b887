// All checks of a director, in one thread: runs each when its machine says so, hands results to the pools' machines, and
// tells what follows.  It owns an epoll, a heap of times and the running coroutines; a check that waits between two runs
// costs its slot and nothing else.
//
//   Setting --configure--> slots, pools
//   timer --> coroutine (check/) --> Outcome --> check machine --> pool machine --> events, notices, View
//
// Everything is called from one thread; thread.hh gives it one.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/result.hh"
#include "health/check/probe.hh"
#include "health/check_machine.hh"
#include "health/file_values.hh"
#include "health/host_names.hh"
#include "health/loop/timer_heap.hh"
#include "health/pool_machine.hh"
#include "health/status.hh"
#include "health/view.hh"
#include "model/site.hh"

namespace lvx::health {

// What of a configuration health lives by.  Kept, and pointed into, until another one comes.
struct Setting {
    std::vector<model::Pool> pools;
    std::vector<model::TrackFile> files;
    model::CheckTls tls;
    script::Rules rules;
    bool start_notifies = false, log_all_failures = false;
    std::set<Address> shared;  // of virtual routers: only who has one checks through it
    bool operator==(const Setting&) const = default;
};

[[nodiscard]] Setting setting_of(const model::Site& site);

// Where everything goes that follows from results.  Called from the worker's thread.
struct Outside {
    std::function<void(View)> view;
    model::EmitEvent emit;
    std::function<void(notify::Notice)> tell;
    HostNames::Lookup look_up = health::look_up;  // called from another thread
};

struct WorkerCounters {
    std::uint64_t runs = 0, failures = 0, local_errors = 0, views = 0;
    std::uint64_t delayed = 0;   // runs that waited for one of running_limit to end
    std::uint64_t postponed = 0; // runs that came while the data plane's configuration changed
    std::uint64_t running = 0;   // now
    std::uint64_t names_left_out = 0;  // now: of maintenance directories, beyond HostNames::limit
    bool operator==(const WorkerCounters&) const = default;
};

inline constexpr std::size_t running_limit = 16384;  // checks at the same time; each has a socket

class Worker {
 public:
    // `seed` spreads the first runs.
    static Result<std::unique_ptr<Worker>> open(Outside outside, std::uint64_t seed);
    ~Worker();

    // The first configuration, or another one: equal checks keep their state and their running conversations.
    [[nodiscard]] Result<void> configure(std::shared_ptr<const Setting> setting, Instant now);
    // The addresses this machine has: ha_suspend.
    void set_local_addresses(std::set<Address> addresses, Instant now);
    void set_bfd(const std::string& session, bool up, Instant now);
    // By which checks go through virtual services; none yet: such checks do not run.
    void set_door(Door door);
    // A passive judgement, or its end.
    void judge_passively(const model::ServiceKey& pool, const Endpoint& server, std::optional<std::string> ejected, Instant now);
    // omega's notifications, and the end of everything that runs.
    void stop();

    // Waits for something to do, at most until the next timer.
    void wait();
    // Does it.
    void work(Instant now);
    // Makes wait() return; from any thread.
    void wake() const;

    [[nodiscard]] Status status(Instant now) const;
    [[nodiscard]] WorkerCounters counters() const;

 private:
    struct Slot;
    struct Run;
    using SlotIndex = std::uint32_t;
    struct Carried;

    Worker(Outside outside, std::uint64_t seed);
    [[nodiscard]] Result<void> watch_fd(int fd, void* mark);

    void fire(std::uint32_t timer, Instant now);
    void begin_run(SlotIndex index, Instant now);
    void resume(Run& run);
    void finish_run(Run& run, Instant now);
    void settle(SlotIndex index, const Outcome& outcome, Instant now);
    void tell_result(const Slot& slot, const CheckStep& step, const Outcome& outcome);
    void add_weight(SlotIndex index, std::int64_t weight, const std::string& reason, Instant now);
    void decide(SlotIndex index, const Outcome& outcome, Instant now);
    void set_state(SlotIndex index, bool good, const std::string& reason, Instant now);
    void carry_out(std::uint32_t pool, Actions actions);
    void schedule_pool(std::uint32_t pool);
    void publish(Instant now);
    [[nodiscard]] std::unique_ptr<Run> free_run();
    void cancel(SlotIndex index);

    [[nodiscard]] Result<void> make_tls(const Setting& setting);
    [[nodiscard]] Carried carry();
    void make_slots(Carried& before, Instant now);
    void make_slot(Carried& before, std::uint32_t pool, ServerIndex server, const model::Check& check, Instant now);
    void make_pools(const Carried& before, Instant now);
    void stop_the_gone(const Carried& before);
    void schedule(SlotIndex index, Instant now);
    [[nodiscard]] bool suspended(const model::Pool& pool, const model::Check& check) const;
    void end_passages(Instant until);
    void follow_files();
    void look_at_files(Instant now);
    void look_at_file(SlotIndex index, Instant now);
    void look_at_maintenance(Instant now);

    Outside outside_;
    std::mt19937_64 chance_;
    Fd epoll_, wakeup_;
    std::unique_ptr<script::Runner> runner_;
    std::optional<DirectoryWatch> files_;
    std::unique_ptr<HostNames> names_;
    Tools tools_;

    std::shared_ptr<const Setting> setting_;
    std::vector<Slot> slots_;
    std::vector<std::unique_ptr<PoolMachine>> pools_;
    std::vector<PoolView> views_;                  // as last published
    std::vector<std::uint32_t> changed_pools_;     // since then
    TimerHeap timers_;                             // slots, then pools
    std::vector<std::unique_ptr<Run>> free_runs_;
    std::size_t running_ = 0;
    bool trusts_ = false;                          // certificates of authorities are loaded
    std::set<Address> local_addresses_;
    std::map<std::string, bool> bfd_;
    std::uint64_t generation_ = 0;
    WorkerCounters counters_;
    std::vector<epoll_event> ready_;               // of wait(), for work()
    int ready_count_ = 0;
    std::deque<std::pair<Instant, CheckPassage>> passages_;  // of checks that are over, when to end them
};

}  // namespace lvx::health
