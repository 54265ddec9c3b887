// BFD sessions on sockets: one loop's, driven by fd() and step(now), so that it can run in a thread that sends VRRP
// advertisements or in one of its own.  The machine is in machine.hh, the packets in wire.hh.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "bfd/machine.hh"
#include "model/event.hh"
#include "model/vrrp.hh"

namespace lvx::bfd {

// What `lvx bfd` tells of a session.
struct SessionView {
    std::string name;
    Address neighbour;
    State state = State::down;
    Diagnostic diagnostic = Diagnostic::none;  // ours
    State remote_state = State::down;
    Diagnostic remote_diagnostic = Diagnostic::none;
    Instant since;                             // in this state
    std::chrono::microseconds transmit{0};     // interval in use, before jitter
    std::chrono::microseconds detect{0};       // 0 = nothing heard yet
    SessionCounters counters;
    bool operator==(const SessionView&) const = default;
};

// Packets that belong to no session, by reason.
struct DoorCounters {
    std::uint64_t malformed = 0, wrong_ttl = 0, no_session = 0, send_failed = 0;
    bool operator==(const DoorCounters&) const = default;
};

class Driver {
 public:
    struct Outside {
        // Called from step(), configure() and administer(): the session's answer to "can the neighbour be reached".  A new
        // session is told as Down to Down.
        std::function<void(const model::BfdInstance& session, State before, State after, Instant now)> changed;
        model::EmitEvent emit;
    };

    static Result<std::unique_ptr<Driver>> open(Outside outside);

    // Says good bye to its neighbours (admin down, sent once).
    virtual ~Driver() = default;

    // The sessions of a configuration.  Those that stay keep their state; changed intervals are negotiated (RFC 5880
    // 6.8.3), those that go say admin down.
    virtual Result<void> configure(std::span<const model::BfdInstance> sessions, Instant now) = 0;
    // Admin down, and up again, by an operator.
    virtual Result<void> administer(std::string_view name, Administration wish, Instant now) = 0;

    // Becomes readable when a packet came or a timer ran out.
    [[nodiscard]] virtual int fd() const = 0;
    virtual void step(Instant now) = 0;

    [[nodiscard]] virtual std::vector<SessionView> sessions() const = 0;
    [[nodiscard]] virtual DoorCounters counters() const = 0;
};

}  // namespace lvx::bfd
