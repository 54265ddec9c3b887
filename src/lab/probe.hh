// A client that asks for a page a thousand times a second, each time on a new connection, and remembers when answers came:
// what a hand-over costs whoever comes then.  A thread of its own; its sockets belong to the namespace it is started in.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/address.hh"

namespace lvx::lab {

class Probe {
 public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::microseconds pace{1000};     // between two connections
    static constexpr std::chrono::milliseconds patience{500};  // what has not answered by then is given up

    // Answers count that contain `words`.
    Probe(int network_namespace, const Endpoint& server, std::string words);
    Probe(const Probe&) = delete;
    ~Probe();

    // When answers came since `begin`, in order.
    [[nodiscard]] std::vector<Clock::time_point> answers(Clock::time_point begin) const;
    [[nodiscard]] std::size_t answers_since(Clock::time_point begin) const;
    // When the latest question was asked that was answered: whoever answers did so later, however late this thread looked.
    [[nodiscard]] Clock::time_point last_answered_question() const;
    // The longest time without an answer between `begin`, or the last answer before it, and the last answer of all.
    [[nodiscard]] std::chrono::microseconds longest_gap_since(Clock::time_point begin) const;

 private:
    void run(int network_namespace);

    Endpoint server_;
    std::string words_;
    mutable std::mutex lock_;
    std::vector<Clock::time_point> answers_;
    Clock::time_point last_begun_;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

}  // namespace lvx::lab
