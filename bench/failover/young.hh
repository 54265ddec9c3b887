// Connections that come and go at a steady rate: each is opened, asks for a byte's echo, asks again after a while and is
// closed.  What became of those that were just a few milliseconds old when something failed, and of the lost ones when
// they began and how far they came.  A connection is counted for the fault before it, however late it is given up.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/address.hh"
#include "base/fd.hh"

namespace lvx::bench {

class YoungConnections {
 public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds life{40};      // between the two bytes
    static constexpr std::chrono::milliseconds patience{8000};
    static constexpr std::chrono::milliseconds young{10};
    static constexpr std::size_t most_open = 8000;            // more are not begun: counted

    struct Counts {
        std::size_t begun = 0, done = 0, lost = 0, not_begun = 0;
        std::size_t young = 0, young_lost = 0;   // of those younger than 10 ms at the fault
        std::size_t unanswered = 0, reset = 0;   // of the lost: no answer to the SYN, ended by the other side
        std::vector<std::int64_t> lost_begun_ms; // when the lost began, after the fault
    };

    YoungConnections(int network_namespace, const Endpoint& server, std::uint32_t per_second);
    YoungConnections(const YoungConnections&) = delete;
    ~YoungConnections();

    // The fault comes now: counting begins anew.
    void fault();
    // Of those begun before settle() all, of the later ones those that have ended.
    [[nodiscard]] Counts counts();
    // Until none that is open now is so any more.
    void settle();

 private:
    struct One {
        Fd socket;
        Clock::time_point begun, asked;
        std::uint8_t bytes = 0;
        bool waits = false, young = false, answered = false, awaited = false;
    };
    void run(int network_namespace);
    void begin_due(Clock::time_point now);
    void begin(Clock::time_point now);
    // False when it has ended, one way or the other.
    [[nodiscard]] bool advance(One& one, Clock::time_point now);
    enum class End : std::uint8_t { done, silent, reset };
    [[nodiscard]] bool ended(const One& one, End end);
    [[nodiscard]] bool is_old(const One& one, Clock::time_point now) const { return now - one.begun > patience; }

    Endpoint server_;
    std::uint32_t per_second_;
    Clock::time_point started_, fault_ = started_;
    std::size_t due_ = 0;
    std::mutex lock_;  // of the rest
    std::vector<One> open_;
    Counts counts_;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

}  // namespace lvx::bench
