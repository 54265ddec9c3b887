// The right to begin connections while a standby is in step, as a lease of some tens of milliseconds (abi/guard.h): a
// director that was killed or hangs begins no connections that nobody else would ever know of, while packets of those
// there are go on until its lease over the addresses ends.  Nothing but a thread of its own that renews the lease, in real
// time where it may, so that a machine that is merely busy drops no first packet.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

#include "abi/abi.h"

namespace lvx::sync {

struct OpeningClock {
    __u64* word = nullptr;                   // root.opening_end
    std::function<std::uint64_t()> jiffies;  // now
    std::uint32_t hertz = 0;
};

class OpeningLease {
 public:
    // Until it is limited connections may begin.
    explicit OpeningLease(OpeningClock clock);
    ~OpeningLease();
    OpeningLease(const OpeningLease&) = delete;
    OpeningLease& operator=(const OpeningLease&) = delete;

    // They may for so long after the last sign of this process; 0: always.  Takes effect before it returns.
    void limit(std::chrono::milliseconds length);

 private:
    void run();
    void renew();

    OpeningClock clock_;
    std::atomic<std::int64_t> length_ms_{0};
    std::jthread thread_;
};

}  // namespace lvx::sync
