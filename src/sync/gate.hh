// Strict mode: which answers to handshakes (abi/held.h) may leave.  Pure; the frames come and go in engine_driver.
//
//   holding    a standby is in step: an answer waits until a standby has acknowledged its connection
//   degraded   no standby is, or one took too long: what the operator chose; open: answers leave unheld until one is in
//              step again; closed: they are dropped, and their servers say them again
//
// An answer waits at most `wait`; at most `most_held` wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "abi/held.h"
#include "sync/session.hh"

namespace lvx::sync {

struct GateSettings {
    Microseconds wait{std::chrono::milliseconds{100}};
    bool closed = false;             // without a standby nothing is answered
    std::size_t most_held = 16'384;
    Microseconds recovery{std::chrono::seconds{1}};  // a standby must be in step for so long to be trusted again
    bool operator==(const GateSettings&) const = default;
};

// A standby's word: what it must have acknowledged to have a connection.
struct Ticket {
    std::uint64_t session = 0, sequence = 0;
    std::uint64_t kept_out = 0;      // what it kept out when the ticket was taken; more by then may be this connection
};
enum class Standing : std::uint8_t { waits, has_it, keeps_it_out, gone };

struct Answer {
    std::uint32_t slot = 0, ifindex = 0;
    std::uint64_t control = 0;
    std::vector<std::uint8_t> frame; // complete, as it leaves
};

// X(name, sentence)
#define LVX_SYNC_GATE_COUNTS(X)                                              \
    X(held, "answers that waited for a standby")                              \
    X(released, "that left when a standby knew their connection")             \
    X(left_without, "that left though none did: degraded, open")              \
    X(dropped, "that were dropped since none did: degraded, closed")          \
    X(overflowed, "that left or were dropped since too many waited")          \
    X(spoilt, "whose checksum was wrong")

struct GateCounters {
#define X(name, sentence) std::uint64_t name = 0;
    LVX_SYNC_GATE_COUNTS(X)
#undef X
    Microseconds longest{0};         // wait of one that was released
    bool operator==(const GateCounters&) const = default;
};

class Gate {
 public:
    // What the standbys say: a ticket for a connection that one of them has been told of; how a ticket stands.
    struct Standbys {
        bool in_step = false;
        std::function<std::optional<Ticket>(std::uint32_t slot, std::uint64_t control)> ticket;
        std::function<Standing(const Ticket&)> standing;
    };

    explicit Gate(const GateSettings& settings) : settings_(settings) {}

    // Whether the data plane shall hold answers now.
    [[nodiscard]] bool holds() const { return settings_.closed || !degraded_; }
    [[nodiscard]] bool degraded() const { return degraded_; }
    [[nodiscard]] const GateSettings& settings() const { return settings_; }
    [[nodiscard]] std::string_view state() const;
    [[nodiscard]] const GateCounters& counters() const { return counters_; }
    void count_spoilt() { ++counters_.spoilt; }

    // One more waits.
    void hold(Answer answer, Microseconds now);
    // Those that leave now, in their order.
    [[nodiscard]] std::vector<Answer> work(const Standbys& standbys, Microseconds now);

 private:
    struct Waiting {
        Answer answer;
        Microseconds since{0};
        std::optional<Ticket> ticket;
    };
    void judge_standbys(bool in_step, Microseconds now);
    [[nodiscard]] Standing stands(Waiting& one, const Standbys& standbys) const;
    void fall_back(Waiting& one, std::vector<Answer>& leaving);

    GateSettings settings_;
    std::deque<Waiting> waiting_;
    std::vector<Answer> overflow_;
    bool degraded_ = true;           // until the first standby is in step
    std::optional<Microseconds> in_step_since_;
    GateCounters counters_;
};

// The frame that leaves: with its VLAN tag, and with its checksum where the device was to fill that in.  Nothing: the
// record contradicts itself, or its checksum is wrong.
[[nodiscard]] std::optional<Answer> answer_of(const abi::held_answer& held);

}  // namespace lvx::sync
