// VRRP's times (RFC 3768, 6.1; RFC 9568, 6.1), and the length of the fencing lease that follows from them.
#pragma once

#include <chrono>
#include <cstdint>

#include "model/fence.hh"

namespace lvx::vrrp {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Microseconds = std::chrono::microseconds;

struct Pace {
    std::uint8_t version = 2;
    Microseconds interval{1'000'000};   // v3: the master's; else our own
    std::uint8_t adverts = 3;           // down_timer_adverts
};

// Skew_Time: (256 - priority) / 256 seconds in version 2, of the master's interval in version 3.
[[nodiscard]] constexpr Microseconds skew_time(const Pace& pace, std::uint8_t priority) {
    const Microseconds whole = pace.version == 2 ? Microseconds(std::chrono::seconds(1)) : pace.interval;
    return whole * (256 - priority) / 256;
}

[[nodiscard]] constexpr Microseconds master_down_time(const Pace& pace, std::uint8_t priority) {
    return pace.interval * pace.adverts + skew_time(pace, priority);
}

// How long a master may answer after it was last seen to run.  A standby waits at least `adverts` intervals after the last
// advert, and the last advert is at most one interval older than the last renewal: this is what remains between the two.
// With down_timer_adverts 1 nothing remains but half an interval, which the standby's skew does not cover.
[[nodiscard]] constexpr Microseconds lease_time(const Pace& pace) {
    return pace.adverts > 1 ? pace.interval * (pace.adverts - 1) : pace.interval / 2;
}

// The same where the standby also watches by BFD (fast_peer), RFC 5880, 6.8.4: it finds a director dead no sooner than
// multiplier - 1 of that director's transmit intervals after it stopped.
[[nodiscard]] constexpr Microseconds watched_lease_time(Microseconds transmit, std::uint8_t multiplier) {
    const Microseconds length = transmit * (multiplier - 1);
    return length < model::shortest_lease ? model::shortest_lease : length;
}

// Between renewals.  The lease is counted in ticks of 4 ms, of which the begun one is not worth anything.
[[nodiscard]] constexpr std::chrono::nanoseconds renewal_pause(std::chrono::nanoseconds lease) {
    constexpr std::chrono::milliseconds few_ticks{20};
    return lease < few_ticks ? lease / 4 : lease / 2;
}

}  // namespace lvx::vrrp
