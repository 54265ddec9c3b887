// One virtual router: its configuration, its state and its times.  Pure: an event and the time in, actions out; the
// table in machine.hh decides, this file says which event something is and which options change the outcome.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/vrrp.hh"
#include "vrrp/machine.hh"
#include "vrrp/timers.hh"
#include "vrrp/tracking.hh"
#include "vrrp/wire.hh"

namespace lvx::vrrp {

// keepalived's counters under its names, and ours.
struct RouterCounters {
    std::uint64_t adverts_received = 0, adverts_sent = 0, became_master = 0, released_master = 0;
    std::uint64_t zero_received = 0, zero_sent = 0, late = 0, other_addresses = 0, address_conflicts = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(Refusal::count)> refused{};
    bool operator==(const RouterCounters&) const = default;
};

// An advert that passed every check.
struct Heard {
    Address source;
    std::uint8_t priority = 0;
    Microseconds interval{0};
    ChecksumForm form = ChecksumForm::with_pseudo_header;
};

struct Router {
    model::VrrpInstance configuration;
    State state = State::init;
    Instant since{};
    std::string why = "starting";             // of the last transition, a clause
    Standing standing;                        // by tracked objects
    std::vector<std::string> ground_faults;   // of interface, addresses, group: sentences
    std::optional<Instant> timer;
    Microseconds master_interval{0};          // v3: learnt from the master; 0 = our own
    std::optional<Instant> preempt_after;     // preempt_delay runs until then
    bool standby = false;                     // by the operator: lowest priority, preempts nobody
    bool yielded = false;                     // gave way when asked: preempts nobody until it is master again
    bool wants_master = false;                // its timer ran out, but its sync group is not ready
    bool stopped = false;                     // for good: it does not start again
    bool lost_ownership = false;              // another owner with a higher address: goes on with 254
    std::optional<Address> master;            // last heard, while not master ourselves
    std::optional<Instant> heard_at;
    std::uint8_t heard_priority = 0;
    ChecksumForm form = ChecksumForm::with_pseudo_header;
    Address source;                           // of our adverts; the driver keeps it true
    RouterCounters counters;

    [[nodiscard]] std::uint8_t priority() const;   // that is advertised
    [[nodiscard]] bool is_owner() const { return priority() == owner_priority; }
    [[nodiscard]] Pace pace() const;               // for waiting: the master's interval in version 3
    [[nodiscard]] Pace own_pace() const;           // for sending
};

// What is to be done, in order.
struct Outcome {
    State before = State::init, after = State::init;
    std::uint8_t actions = no_action;
    bool operator==(const Outcome&) const = default;
};

// What the configuration says about checksums of version 3; nothing: as the peer does.
[[nodiscard]] std::optional<ChecksumForm> fixed_form(const model::VrrpInstance& configuration);
[[nodiscard]] Router make_router(const model::VrrpInstance& configuration, Instant now);
[[nodiscard]] Event event_of(const Router& router, const Heard& heard, Instant now);
// Applies the table's cell: changes state, timer and counters, says what to do.
[[nodiscard]] Outcome apply(Router& router, Event event, std::string why, Instant now);
[[nodiscard]] Outcome hear(Router& router, const Heard& heard, Instant now);

}  // namespace lvx::vrrp
