// Three layers make what packets see, and never mix:
//
//   configured   model::Site      what the files say
//   override     model::RunState  what an operator did at run time, and what still leaves after a change
//   observed     health::View     what the checks found
//                MarkMembers      which packets netfilter's rules mark
//
//   effective(site, state, view) -> with_marks -> model::Cluster -> data plane
//
// All here is pure; src/daemon keeps the three and applies the result.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "health/view.hh"
#include "model/operation.hh"
#include "model/override.hh"
#include "model/site.hh"

namespace lvx::layers {

// Who is where, so that one service can be computed without looking at all the others.  Points into what it was made of.
class Index {
 public:
    Index(const model::Site& site, const model::RunState& state, const health::View& view);

    struct Parts {
        const model::Service* configured = nullptr;
        const model::Pool* pool = nullptr;
        const health::PoolView* observed = nullptr;
        std::vector<const model::Override*> overrides;
        std::vector<const model::Leaving*> leaving;
    };
    // nullptr: nobody ever mentions it.
    [[nodiscard]] const Parts* find(const model::ServiceKey& key) const;
    // Configured ones in the files' order, then leaving ones, then those that operators added.
    [[nodiscard]] const std::vector<model::ServiceKey>& keys() const { return keys_; }
    // The same site and state, seen anew.
    void observe(const health::View& view);

 private:
    Parts& at(const model::ServiceKey& key);
    std::map<model::ServiceKey, Parts> parts_;
    std::map<model::ServiceKey, const model::Pool*> pools_;  // by their first service
    std::vector<model::ServiceKey> keys_;
};

// `now` with everybody's place in its table as `before` left it.  keepalived takes a dead server out of IPVS's table and
// adds it again when it is back, and IPVS puts what is added at the head of its list: who comes back, and who is new in a
// pool that was there, stands behind all others in the order of adding.
[[nodiscard]] health::View placed(health::View now, const health::View& before);

// What the data plane shall do; of firewall marks, what the files say.
[[nodiscard]] model::Cluster effective(const model::Site& site, const model::RunState& state, const health::View& view);
// With what netfilter's rules say besides: of two that name the same packets the files' member holds.
[[nodiscard]] model::Cluster with_marks(model::Cluster cluster, const model::MarkMembers& observed);
// Members that name no packets which one of `others` names; where they come from does not count.
[[nodiscard]] model::MarkMembers without(model::MarkMembers members, const model::MarkMembers& others);
// One service of it; nullopt: there shall be none.
[[nodiscard]] std::optional<model::Service> effective_service(const Index::Parts& parts);
// Its servers that are in no list because health took them out, while the configuration keeps the connections they have,
// or while checks go on through the service.
[[nodiscard]] std::vector<Endpoint> kept_servers(const Index::Parts& parts);
[[nodiscard]] model::Timeouts effective_timeouts(const model::Site& site, const model::RunState& state);

// Keys of services whose pools differ between two views.
[[nodiscard]] std::set<model::ServiceKey> touched(const model::Site& site, const health::View& before, const health::View& after);

// Who does something, and when.
struct Occasion {
    std::string who;
    model::WallTime now{};
    std::optional<model::WallTime> until;  // of the overrides this makes
};

// The overrides that `operations` make, all of which IPVS's rules accepted one by one (model::apply_all on the effective
// cluster).
[[nodiscard]] model::RunState executed(const model::Site& site, model::RunState state, const health::View& view,
                                       std::span<const model::Operation> operations, const Occasion& occasion);

// What the commands drain, enable, disable and weight do to a server.
struct ServerChange {
    enum class Kind : std::uint8_t { drain, enable, disable, weight } kind = Kind::drain;
    std::uint32_t weight = 0;
    model::AfterDrain then = model::AfterDrain::disable;
    std::optional<model::WallTime> deadline;
};
struct ServerName {
    model::ServiceKey service;
    Endpoint server;
    auto operator<=>(const ServerName&) const = default;
};
// Every server, configured or added, of that address and port (0 = any) in that service (nullopt = every one).
[[nodiscard]] std::vector<ServerName> servers_named(const model::Site& site, const model::RunState& state, const Endpoint& server,
                                                    const std::optional<model::ServiceKey>& service);
[[nodiscard]] model::RunState changed(const model::Site& site, model::RunState state, const ServerName& server,
                                      const ServerChange& change, const Occasion& occasion);

// Without that override; state as it was when there is none of that name.
[[nodiscard]] model::RunState cleared(model::RunState state, std::string_view name);
// Without overrides whose time is over.
[[nodiscard]] model::RunState without_ended(model::RunState state, model::WallTime now);
// When the next override, drain, leave or confirmation ends by the clock.
[[nodiscard]] std::optional<model::WallTime> next_end(const model::RunState& state);

// What a change of the files does to the state: servers that are gone begin to leave, those that came back do no longer.
// `view` is of `before`: a server that is dead, and whose connections go on, leaves as a living one does.
[[nodiscard]] model::RunState reconfigured(const model::Site& before, const model::Site& after, model::RunState state,
                                           const model::Cluster& running, const health::View& view, model::WallTime now);

// Drains and leaves that are over, as `connections` counts them now: what comes after a drain is done to the state.
struct Ended {
    ServerName server;
    std::uint64_t connections_left = 0;  // 0: all ended by themselves
    bool leaving = false;                // else a drain
    model::AfterDrain then = model::AfterDrain::remove;
};
struct Settled {
    model::RunState state;
    std::vector<Ended> ended;
};
[[nodiscard]] Settled settled(model::RunState state, model::WallTime now,
                              const std::function<std::uint64_t(const ServerName&)>& connections);

// Overrides that hide what a change of the files says: those whose target the change touches.
[[nodiscard]] std::vector<std::string> shadowing(const model::Site& before, const model::Site& after, const model::RunState& state);

// One line for people: "weight 5", "drained until 14:00, then disabled", "removed".
[[nodiscard]] std::string text(const model::Override& override);
// What it is about: "10.0.0.3:80 of tcp/192.168.88.23:80".
[[nodiscard]] std::string target_text(const model::Override& override);

}  // namespace lvx::layers
