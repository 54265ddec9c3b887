#include "sync/opening_driver.hh"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

#include "abi/guard.h"

namespace lvx::sync {
namespace {

constexpr std::int64_t renewals = 6;  // within one lease
constexpr int priority = 1;           // the least of SCHED_FIFO
constexpr std::chrono::milliseconds over{-1};  // the thread ends

}  // namespace

OpeningLease::OpeningLease(OpeningClock clock)
    : clock_(std::move(clock)), thread_([this] { run(); }) {
    // A predecessor that died has left one that is over.
    __atomic_store_n(clock_.word, __u64{abi::OPENING_UNLIMITED}, __ATOMIC_RELEASE);
}

OpeningLease::~OpeningLease() {
    limit(over);
    thread_.join();
    __atomic_store_n(clock_.word, __u64{abi::OPENING_UNLIMITED}, __ATOMIC_RELEASE);
}

void OpeningLease::limit(std::chrono::milliseconds length) {
    if (length_ms_.exchange(length.count()) == length.count()) return;
    renew();
    length_ms_.notify_one();
}

void OpeningLease::renew() {
    const std::int64_t length = length_ms_;
    // The present jiffy has begun already: one more, so that no lease is shorter than said.
    const std::uint64_t whole = (static_cast<std::uint64_t>(std::max<std::int64_t>(length, 0)) * clock_.hertz + 999) / 1000 + 1;
    __atomic_store_n(clock_.word, length <= 0 ? __u64{abi::OPENING_UNLIMITED} : clock_.jiffies() + whole, __ATOMIC_RELEASE);
    if (length != length_ms_) renew();
}

void OpeningLease::run() {
    const sched_param parameters{.sched_priority = priority};
    pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);  // refused: as everybody else
    pthread_setname_np(pthread_self(), "lvx-opening");
    for (std::int64_t length = length_ms_; length != over.count(); length = length_ms_) {
        if (length == 0) {
            length_ms_.wait(0);
            continue;
        }
        renew();
        std::this_thread::sleep_for(std::chrono::milliseconds(std::max<std::int64_t>(length / renewals, 1)));
    }
}

}  // namespace lvx::sync
