// What can be told about synchronisation at a moment: plain values, filled by the engine, shown by whoever asks.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sync/session.hh"

namespace lvx::sync {

struct PeerStatus {
    std::string name;                // its endpoint
    Phase phase = Phase::connecting;
    std::uint64_t node = 0;
    Microseconds lag{0};             // age of the oldest change it has not acknowledged
    Microseconds round_trip{0};      // of the last acknowledged change
    std::uint64_t at_risk = 0;       // connections a failover to it would lose now
    std::uint64_t kept_out = 0;      // of ours, there
    std::uint64_t drifted = 0;       // regions found different there and mended, since the session began
    std::uint64_t sessions = 0;      // begun so far
    bool learned = false;            // its whole table came here once
    std::uint64_t kept_out_here = 0; // of its, here
    std::string last_fault;          // sentence; "" = none yet
    SessionCounters counters;        // of the running session
};

struct StreamStatus {
    bool configured = false;
    std::optional<Endpoint> listening;
    std::uint64_t connections = 0;   // in the table
    std::vector<PeerStatus> peers;
    std::array<std::uint64_t, static_cast<std::size_t>(StreamFault::count)> faults{};
};

// Connections a failover to the best standby would lose now; all of them where there is none.
[[nodiscard]] std::uint64_t would_lose(const StreamStatus& status);
// "a failover now would lose 3 connections"
[[nodiscard]] std::string failover_sentence(const StreamStatus& status);

// Something that happened, for log and notifications.
struct SyncEvent {
    enum class Kind : std::uint8_t { connected, in_step, behind, cannot_follow, lost, refused, drift } kind = Kind::lost;
    std::string peer, detail;
    bool operator==(const SyncEvent&) const = default;
};
[[nodiscard]] std::string sentence(const SyncEvent& event);

}  // namespace lvx::sync
