// All virtual routers of a director: instances, their sync groups, what they track, and the fencing lease that follows
// from them.  Pure: what happened and when in, things to do out.  The thread (thread.hh) and the simulator (simulation.hh)
// carry them out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/vrrp.hh"
#include "vrrp/router.hh"

namespace lvx::vrrp {

using Index = std::size_t;  // of an instance, in the configuration's order

struct SendAdvert { Index instance; std::uint8_t priority; bool operator==(const SendAdvert&) const = default; };
struct TakeAddresses { Index instance; bool operator==(const TakeAddresses&) const = default; };
struct ReleaseAddresses { Index instance; bool operator==(const ReleaseAddresses&) const = default; };
// Gratuitous ARP and unsolicited NA once more, because of an advert of lower priority.
struct AssertAddresses { Index instance; bool operator==(const AssertAddresses&) const = default; };
// For log, events, notify scripts and FIFO, in this order.  STOP and DELETED are told by `end`.
struct StateChanged {
    Index instance;
    State before, after;
    std::uint8_t priority;
    std::string why;
    bool operator==(const StateChanged&) const = default;
};
struct GroupChanged { std::string group; State after; std::string why; bool operator==(const GroupChanged&) const = default; };
struct PriorityChanged { Index instance; std::uint8_t before, after; bool operator==(const PriorityChanged&) const = default; };
struct LowerHeard { Index instance; Address peer; std::uint8_t priority; bool operator==(const LowerHeard&) const = default; };

using Deed = std::variant<SendAdvert, TakeAddresses, ReleaseAddresses, AssertAddresses, StateChanged, GroupChanged,
                          PriorityChanged, LowerHeard>;
using Deeds = std::vector<Deed>;

enum class Standby : std::uint8_t { off, on };

class Routers {
 public:
    Routers(const model::Vrrp& configuration, Instant now);

    // Everything that can be known at once is known: instances leave INIT.
    [[nodiscard]] Deeds start(Instant now);
    // Another configuration: what is in both, of the same VRID, interface, version and family, goes on as it was.
    // Instances that are gone must have been stopped before (gone_in).
    [[nodiscard]] Deeds configure(const model::Vrrp& configuration, Instant now);
    [[nodiscard]] std::vector<Index> gone_in(const model::Vrrp& configuration) const;

    [[nodiscard]] const std::vector<Router>& routers() const { return routers_; }
    [[nodiscard]] Router& at(Index instance) { return routers_.at(instance); }
    [[nodiscard]] const model::Vrrp& configuration() const { return configuration_; }
    [[nodiscard]] std::optional<Index> find(std::string_view name) const;

    [[nodiscard]] const Observed& observed() const { return observed_; }
    [[nodiscard]] std::string group_name(Index instance) const;  // "" = none
    [[nodiscard]] std::vector<std::pair<std::string, State>> groups() const;
    // All that keeps it in FAULT, its sync group's faults included.
    [[nodiscard]] std::vector<std::string> faults_of(Index instance) const;

    // What the driver finds out.
    [[nodiscard]] Deeds observe(const TrackKey& key, std::int64_t value, Instant now);
    [[nodiscard]] Deeds set_ground(Index instance, std::vector<std::string> faults, Instant now);
    [[nodiscard]] Deeds hear(Index instance, const Heard& heard, Instant now);
    [[nodiscard]] Deeds peer_gone(Index instance, std::string why, Instant now);
    // Timers that are due.  To be called after every advert that waits was heard.
    [[nodiscard]] Deeds tick(Instant now);
    [[nodiscard]] std::optional<Instant> wake() const;

    // Operators.
    [[nodiscard]] Deeds failover(Index instance, std::string by, Instant now);
    [[nodiscard]] Deeds standby(Standby wanted, std::string by, Instant now);
    [[nodiscard]] Deeds stop(Index instance, std::string why, Instant now);
    // A daemon before this one was master of it and its lease still runs.
    [[nodiscard]] Deeds resume(Index instance, Instant now);

    // The lease.  Until when the data plane may answer if this is the last that is seen of us; nothing: it may not.
    [[nodiscard]] std::optional<Instant> lease(Instant now) const;
    // Whether more time went by since the last call of tick() than the lease allows: what is heard now, before the next
    // tick(), comes from whoever took over meanwhile.
    [[nodiscard]] bool is_late(Instant now) const;

 private:
    struct Group { model::VrrpSyncGroup configuration; std::vector<Index> members; State state = State::init; };

    void link_groups();
    [[nodiscard]] const Group* group_of(Index instance) const;
    [[nodiscard]] Standing standing_of(Index instance) const;
    [[nodiscard]] bool has_faults(Index instance) const;
    [[nodiscard]] bool is_waiting(Index instance) const;
    void fire(Index instance, Event event, const std::string& why, Instant now, Deeds& deeds);
    void carry(Index instance, const Outcome& outcome, Deeds& deeds) const;
    void follow_group(Index instance, const Outcome& outcome, Instant now, Deeds& deeds);
    void timer_due(Index instance, Instant now, Deeds& deeds);
    void settle(Index instance, Instant now, Deeds& deeds);
    void settle_all(Instant now, Deeds& deeds);
    void tell_groups(Deeds& deeds);

    model::Vrrp configuration_;
    std::vector<Router> routers_;
    std::vector<Group> groups_;
    Observed observed_;
    Instant last_tick_{};
    bool started_ = false;   // until start(), what is observed changes no state
};

}  // namespace lvx::vrrp
