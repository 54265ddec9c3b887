// The thread that keeps tables in step: drains the change feed every half millisecond, carries sessions over TLS to
// every peer, speaks the kernel's protocol beside it.  What is decided is decided in Session and in kernel_machine; here
// are sockets, time and limits.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/result.hh"
#include "model/site.hh"
#include "sync/feed.hh"
#include "sync/frames_driver.hh"
#include "sync/gate.hh"
#include "sync/kernel_driver.hh"
#include "sync/opening_driver.hh"
#include "sync/peers_driver.hh"
#include "sync/status.hh"
#include "sync/table_side.hh"

namespace lvx::sync {

// The table and what belongs to it.  Everything outlives the engine.
struct EngineTable {
    table::table table;
    std::span<abi::mark_line> marks, lines;
    std::uint32_t* feed_word = nullptr;            // root.change_feed
    const std::uint32_t* active_set = nullptr;
    std::function<std::uint32_t()> tick;
    std::uint32_t tick_us = 0;
    std::mutex* configuration = nullptr;           // held while ids are used
    const std::atomic<std::uint64_t>* generation = nullptr;  // of the configuration
    OpeningClock opening;                          // root.opening_end; without a word nothing limits who begins
    std::uint32_t* told_packets = nullptr;         // root.told_packets; nothing where no packets are counted
    // Strict mode: until when answers are held (abi/held.h), and those that are; nothing where that cannot be.
    std::uint32_t* hold_word = nullptr;
    int held_fd = -1;
    std::function<void(const std::function<void(const abi::held_answer&)>&)> take_held;
};

struct StrictStatus {
    std::string state;             // "" = off
    GateCounters counters;
    std::uint64_t unsent = 0;      // the machine would not take them
};

struct EngineStatus {
    StreamStatus stream;
    KernelStatus kernel;
    StrictStatus strict;
    std::chrono::milliseconds opening_lease{0};  // in force now
};

class Engine {
 public:
    explicit Engine(EngineTable table);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // From any thread.  An error changes nothing.
    [[nodiscard]] Result<void> set_stream(const std::optional<model::StateSync>& settings);
    [[nodiscard]] Result<void> set_kernel(const KernelSettings& settings);
    [[nodiscard]] EngineStatus status() const;
    [[nodiscard]] std::vector<SyncEvent> take_events();
    // Every peer that is there has told all it knows; true also where there are none.
    [[nodiscard]] bool learned() const;

 private:
    void run(const std::stop_token& stop);
    void cycle();
    void learn_configuration();
    void pass_answers(const Moment& moment);
    void set_hold(const Moment& moment);
    void limit_openings(const Moment& moment);
    [[nodiscard]] Moment moment();
    void wait(Microseconds at_most);
    void publish(const Moment& moment);
    [[nodiscard]] std::uint64_t live_connections() const;

    EngineTable outside_;
    TableSide table_;
    Feed feed_;
    std::uint64_t generation_ = 0;
    std::uint32_t tick_ = 0;
    Microseconds tick_read_{-1'000'000}, published_{0};
    Microseconds changed_{0};  // when a look at the feed found something

    mutable std::mutex mutex_;  // of everything below: the thread holds it for a cycle
    Peers peers_;
    KernelSync kernel_;
    std::optional<Gate> gate_;
    std::optional<OpeningLease> opening_;
    std::chrono::milliseconds opening_wanted_{0}, opening_now_{0};
    Frames frames_;
    std::uint64_t unsent_ = 0;
    bool templates_only_ = false;  // sync_persist_mode; not in strict mode, whose answers wait for connections

    mutable std::mutex told_mutex_;  // of what others read, so that they never wait for a cycle
    EngineStatus told_;
    std::deque<SyncEvent> events_;
    bool learned_ = true;

    std::jthread thread_;
};

}  // namespace lvx::sync
