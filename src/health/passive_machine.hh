// Passive health: what the traffic of a pool's real servers shows, second by second -> who is ejected for a while, who is
// taken back.  Pure.  Bounded on every side: few connections prove nothing; never more than a third of a pool is out by it
// (of two servers one may be); and when more than that look bad at once, the reason is elsewhere (a flood of SYNs, a
// broken network) and nobody is ejected.
//
// Bad is who lets half of what is opened on it fail, and, by choice, who answers a SYN slowly: above a bound, above so many
// times what the pool's middle server takes, or, with both, above the larger.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "health/instant.hh"

namespace lvx::health {

// Of one server, since the sample before.
struct TrafficSample {
    std::uint64_t opened = 0;   // connections sent to it
    std::uint64_t silent = 0;   // connections that waited seconds for the handshake's end
    std::uint64_t reset = 0;    // connections that ended by a reset, refused ones included
    std::uint64_t in_packets = 0, out_packets = 0;
    std::uint64_t timed = 0, total_us = 0;  // SYN to SYN-ACK, of those that were timed
    bool operator==(const TrafficSample&) const = default;
};

namespace passive {
inline constexpr std::size_t window = 10;                        // samples looked at
inline constexpr std::uint64_t least_opened = 20;                // in the window, to say anything
inline constexpr std::uint64_t bad_percent = 50;                 // of those opened
inline constexpr std::uint64_t least_timed = 5;                  // in the window, to call a server slow: 20 connections
inline constexpr std::uint64_t least_slow_us = 1000;             // nobody is slow below it: that is a scheduler's noise
inline constexpr int longest_ejections = 10;                     // times the first one: it grows each time
}  // namespace passive

struct PassiveRules {
    bool failures = true;                 // who refuses, resets or is silent
    std::uint64_t slow_us = 0;            // 0: no such bound
    std::uint64_t slow_times = 0;         // 0: the pool does not count
    std::chrono::seconds ejection{30};    // the first one
    bool operator==(const PassiveRules&) const = default;
};

struct PassiveDecision {
    std::uint32_t server = 0;
    std::optional<std::string> ejected;  // why; nothing: it is taken back
    bool operator==(const PassiveDecision&) const = default;
};

class PassiveMachine {
 public:
    PassiveMachine(std::size_t servers, PassiveRules rules) : rules_(rules), servers_(servers) {}

    // One sample for each server, in the pool's order.
    [[nodiscard]] std::vector<PassiveDecision> step(const std::vector<TrafficSample>& samples, Instant now);
    // Of the window, for whoever wants to see it.
    [[nodiscard]] TrafficSample sum(std::size_t server) const;

 private:
    struct Server {
        std::deque<TrafficSample> samples;
        std::optional<Instant> ejected_until;
        int ejections = 0;
    };
    [[nodiscard]] std::vector<PassiveDecision> readmit(Instant now);
    [[nodiscard]] std::vector<PassiveDecision> candidates() const;
    [[nodiscard]] std::optional<std::uint64_t> middle_us() const;
    [[nodiscard]] std::optional<std::string> slowness_of(const TrafficSample& sum, std::optional<std::uint64_t> middle) const;

    PassiveRules rules_;
    std::vector<Server> servers_;
};

}  // namespace lvx::health
