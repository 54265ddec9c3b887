// Many TCP connections held open through something that may fail, each asked for a byte's echo now and then; and the
// server that echoes.  Sockets belong to the namespace they are opened in.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/address.hh"
#include "base/fd.hh"
#include "base/result.hh"
#include "lab/process.hh"

namespace lvx::lab {

// Echoes whatever comes, on many connections, until the process is killed.  `listener`: of listen_on().
[[nodiscard]] int serve_byte_echo(int listener);

class HeldConnections {
 public:
    // Who waited longest for an answer that came in the end, and what its TCP did meanwhile.
    struct Slowest {
        Milliseconds silence{0};
        Port port = 0;                    // the client's
        std::uint32_t retransmitted = 0;  // segments, since it was opened
        Milliseconds timer{0};            // its retransmission timer when the answer came
    };
    struct Report {
        std::size_t held = 0;        // opened
        std::size_t broken = 0;      // reset or closed by the other side
        std::size_t unanswered = 0;  // whose last byte has not come back yet
        std::uint64_t answers = 0;
        std::size_t late = 0;        // answers that took a second or more
        Slowest slowest;
    };

    // All of them established, or an error.
    static Result<HeldConnections> open(int network_namespace, const Endpoint& server, std::size_t count, Milliseconds limit);

    // Sends a byte on each connection that has its answer and was not asked for `pause`; takes answers that are there.
    void step(Milliseconds pause);
    // step()s for a while, returning a moment after each.
    void run(Milliseconds time, Milliseconds pause);
    // Until every connection that is not broken has answered a byte sent from now on; false after `limit`.
    [[nodiscard]] bool all_answer(Milliseconds limit);
    // The longest silence is counted anew.
    void forget_silence() { slowest_ = {}, late_ = 0; }
    [[nodiscard]] Report report() const;

 private:
    using Clock = std::chrono::steady_clock;
    struct One {
        Fd socket;
        Clock::time_point asked, answered;
        bool waits = false, broken = false;
    };
    void ask(One& one, Clock::time_point now);
    void take(One& one, Clock::time_point now);

    std::vector<One> connections_;
    Fd epoll_;
    Clock::time_point quiet_since_ = Clock::time_point::max();  // whoever answered later is not asked
    std::size_t next_ = 0;
    std::uint64_t answers_ = 0;
    std::size_t late_ = 0;
    Slowest slowest_;
};

}  // namespace lvx::lab
