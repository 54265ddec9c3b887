// One BFD session as a pure machine (RFC 5880 section 6.8, asynchronous mode without echo, demand and authentication):
// session, what happened, now -> session, actions.  Time, packets and chance are arguments, so that it runs in a simulator.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "bfd/wire.hh"

namespace lvx::bfd {

using Instant = std::chrono::steady_clock::time_point;
using std::chrono::microseconds;

enum class Administration : std::uint8_t { up, down };

struct Parameters {
    microseconds min_rx{10'000}, min_tx{10'000}, idle_tx{1'000'000};
    std::uint8_t multiplier = 5;
    bool passive = false;
    bool operator==(const Parameters&) const = default;
};

struct SessionCounters {
    std::uint64_t sent = 0, received = 0, ups = 0, downs = 0, discarded = 0;
    bool operator==(const SessionCounters&) const = default;
};

struct Session {
    Parameters parameters;
    // bfd.* of section 6.8.1, as far as they are needed.
    State state = State::down, remote_state = State::down;
    Diagnostic diagnostic = Diagnostic::none, remote_diagnostic = Diagnostic::none;
    std::uint32_t local_discriminator = 1, remote_discriminator = 0;
    microseconds remote_min_rx{1}, remote_desired_min_tx{0};
    std::uint8_t remote_multiplier = 0;
    // What is in force now: an increase of our transmit interval or decrease of our receive interval waits for the end of a
    // poll sequence (section 6.8.3).
    microseconds desired_min_tx{1'000'000}, required_min_rx{10'000};
    microseconds active_tx{1'000'000}, active_rx{10'000};
    bool polling = false;
    Administration administration = Administration::up;
    std::optional<Instant> transmit_at, detect_at;
    Instant since{};
    SessionCounters counters;
    bool operator==(const Session&) const = default;
};

struct Started { bool operator==(const Started&) const = default; };
struct Received { Packet packet; bool operator==(const Received&) const = default; };
struct Tick { bool operator==(const Tick&) const = default; };
struct Reconfigured { Parameters parameters; bool operator==(const Reconfigured&) const = default; };
struct Administered { Administration wish; bool operator==(const Administered&) const = default; };
using Event = std::variant<Started, Received, Tick, Reconfigured, Administered>;

struct Send { Packet packet; bool operator==(const Send&) const = default; };
struct Changed { State before, after; bool operator==(const Changed&) const = default; };
struct Retimed { microseconds transmit, detect; bool operator==(const Retimed&) const = default; };
using Action = std::variant<Send, Changed, Retimed>;

struct Step {
    Session session;
    std::vector<Action> actions;
};

// `chance`: 0 to 1, for jitter (section 6.8.7).
[[nodiscard]] Step step(Session session, const Event& event, Instant now, double chance);

[[nodiscard]] Session new_session(const Parameters& parameters, std::uint32_t discriminator, Instant now);
[[nodiscard]] std::optional<Instant> wake_of(const Session& session);

// In force now.
[[nodiscard]] microseconds transmit_interval(const Session& session);  // 0 = the neighbour wants none
[[nodiscard]] microseconds detection_time(const Session& session);     // 0 = nothing heard yet

}  // namespace lvx::bfd
