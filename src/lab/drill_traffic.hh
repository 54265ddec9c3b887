// Clients for a hand-over drill, of any TCP service: connections that are held open and asked by keepalive probes whether
// they live, and a new connection every few milliseconds.  They say nothing, so no server's application is disturbed.
// A thread of its own; its sockets belong to the namespace they are opened in.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/address.hh"
#include "base/fd.hh"
#include "base/result.hh"
#include "lab/process.hh"

namespace lvx::lab {

struct DrillReport {
    std::size_t held = 0;      // that lived when the phase began
    std::size_t alive = 0;     // answered a probe in the end
    std::size_t ended = 0;     // closed by the server, in order
    std::size_t lost = 0;      // reset, or silent
    std::size_t opened = 0, failed = 0;  // new ones
    std::chrono::microseconds longest_gap{0};  // between two new ones that came about
};

class DrillTraffic {
 public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds pace{5};        // between two new connections
    static constexpr std::chrono::milliseconds patience{3000}; // what is not established by then has failed
    static constexpr std::size_t most_held = 10'000;

    // All that are to be held are established, or an error.  `network_namespace` -1: where the caller is.
    static Result<std::unique_ptr<DrillTraffic>> start(int network_namespace, const Endpoint& service, std::size_t held);
    DrillTraffic(const DrillTraffic&) = delete;
    ~DrillTraffic();

    void begin_phase();
    // Only what answers from now on is alive; what was counted stays.
    void ask_again();
    // As soon as each held connection has answered since then; whoever has not within `limit` is lost.
    [[nodiscard]] DrillReport end_phase(Milliseconds limit);

 private:
    struct Held {
        Fd socket;
        enum class Fate : std::uint8_t { lives, ended, lost } fate = Fate::lives;
        bool heard = false;  // since it was asked
    };
    struct Opening {
        Fd socket;
        Clock::time_point begun;
    };

    DrillTraffic(int network_namespace, Endpoint service) : namespace_(network_namespace), service_(service) {}
    void open_new_ones();
    void begin_one(Clock::time_point now);
    void take_finished(Clock::time_point now);
    void look_at(Held& held, Clock::time_point now) const;

    int namespace_;
    Endpoint service_;
    std::vector<Held> held_;
    std::vector<Opening> opening_;  // the thread's own
    Clock::time_point asked_;
    std::mutex lock_;               // of the rest
    Clock::time_point last_opened_;
    DrillReport counted_;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

}  // namespace lvx::lab
