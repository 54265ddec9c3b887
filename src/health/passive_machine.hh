// Passive health: what the traffic of a pool's real servers shows, second by second -> who is ejected for a while, who is
// taken back.  Pure.  Bounded on every side: few connections prove nothing; never more than a third of a pool is out by it
// (of two servers one may be); and when more than that look bad at once, the reason is elsewhere (a flood of SYNs, a
// broken network) and nobody is ejected.
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
    bool operator==(const TrafficSample&) const = default;
};

namespace passive {
inline constexpr std::size_t window = 10;                        // samples looked at
inline constexpr std::uint64_t least_opened = 20;                // in the window, to say anything
inline constexpr std::uint64_t bad_percent = 50;                 // of those opened
inline constexpr std::chrono::seconds first_ejection{30}, longest_ejection{300};  // it grows each time
}  // namespace passive

struct PassiveDecision {
    std::uint32_t server = 0;
    std::optional<std::string> ejected;  // why; nothing: it is taken back
    bool operator==(const PassiveDecision&) const = default;
};

class PassiveMachine {
 public:
    explicit PassiveMachine(std::size_t servers) : servers_(servers) {}

    // One sample for each server, in the pool's order.
    [[nodiscard]] std::vector<PassiveDecision> step(const std::vector<TrafficSample>& samples, Instant now);
    // Of the window, for whoever wants to see it.
    [[nodiscard]] TrafficSample sum(std::size_t server) const;

 private:
    struct Server {
        std::deque<TrafficSample> samples;
        std::optional<Instant> ejected_until;
        std::uint32_t ejections = 0;
    };
    [[nodiscard]] std::optional<std::string> fault_of(const Server& server) const;

    std::vector<Server> servers_;
};

}  // namespace lvx::health
