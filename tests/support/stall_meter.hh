// How long this machine kept a ready thread waiting: what a test may add to a time that it proves, since it was the
// machine's and not the code's.  One thread on each CPU of this process sleeps a millisecond again and again, at the
// scheduling class and priority of the thread that made the meter, and notes how much too late it woke.
//
//   const StallMeter meter;
//   ... what is timed ...
//   EXPECT_LT(took, what_is_promised + 2 * meter.worst());
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <thread>

namespace lvx::test {

class StallMeter {
 public:
    StallMeter();
    StallMeter(const StallMeter&) = delete;
    StallMeter& operator=(const StallMeter&) = delete;
    ~StallMeter();

    // The longest stall until now, one that is going on included: waits until each CPU has answered once more.
    [[nodiscard]] std::chrono::milliseconds worst() const;

 private:
    struct Observer {
        std::atomic<std::uint64_t> rounds{0};
        std::atomic<std::chrono::milliseconds> worst{std::chrono::milliseconds{0}};
        std::thread thread;
    };
    void observe(Observer& observer, int cpu) const;

    std::atomic<bool> ended_{false};
    std::list<Observer> observers_;
};

}  // namespace lvx::test
