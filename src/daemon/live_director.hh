// The director at work: keeps the three layers (src/layers), carries out the steps of director.hh on a data plane and
// answers the API.  Knows no socket and no event loop: what it needs of the world is given to it, so that tests run it on
// a MemoryDataplane.
//
//   live_director.cc            start, the data plane, the network
//   live_director_change.cc     configurations: plan, apply, confirm, roll back
//   live_director_override.cc   operators: ipvsadm's operations, drains, overrides
//   live_director_answers.cc    questions
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/change_desk.hh"
#include "api/director_view.hh"
#include "base/log.hh"
#include "base/result.hh"
#include "daemon/beginning.hh"
#include "daemon/director.hh"
#include "daemon/estimator.hh"
#include "daemon/state_store.hh"
#include "dataplane/dataplane.hh"
#include "health/view.hh"
#include "layers/layers.hh"
#include "model/event.hh"
#include "plan/plan.hh"

namespace lvx::daemon {

struct Identity {
    std::string version, kernel, instance, file;
    std::uint64_t pid = 0;
};

// Everything outside.  References and functions must outlive the director.
struct Surroundings {
    dataplane::Dataplane& dataplane;
    log::Log& log;
    const net::World& world;
    StateStore& store;
    Readers readers;
    std::function<void(std::span<const net::Solicitation>)> solicit;
    std::function<net::Instant()> now;
    std::function<model::WallTime()> wall;
    model::EmitEvent emit;
    std::function<void(const model::Site&)> site_changed;  // another configuration holds from now on; at the start, too
    std::function<void()> changed;          // a change came in through the API: refresh() wants to be called
    std::function<void(api::StopKind)> stop;
    api::SyncDesk* sync = nullptr;
    api::VrrpDesk* vrrp = nullptr;
    api::MarksDesk* marks = nullptr;
    const model::EventRing* events = nullptr;
    std::function<api::ChecksSnapshot()> checks = {};
    std::function<api::BfdSessions()> bfd = {};
    std::function<api::WorkCounts()> work = {};
};

class LiveDirector : public api::Director, public api::ChangeDesk {
 public:
    // `settings`: of the command line; what it leaves open, the configuration says.
    LiveDirector(Surroundings surroundings, Identity identity, Settings settings, Beginning beginning);

    // Adopts what runs, applies what shall run; an error is why the daemon cannot start.
    [[nodiscard]] Result<void> start();
    // What the checks found.  Reaches the data plane before this returns.
    void observe(health::View view);
    // Which packets netfilter's rules mark: all of them, whenever they changed, and once when nothing is known, so that what
    // an earlier daemon knew is forgotten.  Reaches the data plane before this returns; refused, packets go on as before and
    // it is logged.
    void marks_observed(model::MarkMembers members);
    [[nodiscard]] const model::Site& site() const { return runs_.outcome.site; }
    // What the data plane was last given.
    [[nodiscard]] const model::Cluster& cluster() const { return cluster_; }
    // One step: brings interfaces, ways and neighbours up to date; when to do so again though nothing happens.
    [[nodiscard]] std::optional<net::Instant> refresh();
    // Every Estimator::period_s.
    void sample();
    [[nodiscard]] std::string summary() const;  // "2 services, 6 real servers on eth0, eth1"
    // Every real server's next hop has a MAC, as the data plane was last told.
    [[nodiscard]] bool ways_are_known() const;

    [[nodiscard]] api::StatusSnapshot status() const override;
    [[nodiscard]] api::ServicesSnapshot services() const override;
    [[nodiscard]] std::vector<api::VerdictSnapshot> verdicts() const override;
    [[nodiscard]] std::vector<api::InterfaceSnapshot> interfaces() const override;
    [[nodiscard]] api::ChecksSnapshot checks() const override { return outside_.checks ? outside_.checks() : api::ChecksSnapshot{}; }
    [[nodiscard]] std::uint64_t connections(std::uint64_t from, const api::ConnectionVisitor& visitor) const override;
    [[nodiscard]] api::Execution execute(std::span<const model::Operation> operations) override;
    [[nodiscard]] api::ReloadOutcome reload() override;
    void stop(api::StopKind kind) override;
    void asked_by(const std::string& who) override { asker_ = who; }
    [[nodiscard]] api::ChangeDesk* changes() override { return this; }
    [[nodiscard]] api::SyncDesk* sync() override { return outside_.sync; }
    [[nodiscard]] api::VrrpDesk* vrrp() override { return outside_.vrrp; }
    [[nodiscard]] api::MarksDesk* marks() override { return outside_.marks; }
    [[nodiscard]] api::BfdSessions bfd() const override { return outside_.bfd ? outside_.bfd() : api::BfdSessions{}; }
    [[nodiscard]] api::WorkCounts work() const override { return outside_.work ? outside_.work() : api::WorkCounts{}; }
    [[nodiscard]] const model::EventRing* events() const override { return outside_.events; }

    [[nodiscard]] api::ConfigurationView configuration() const override;
    [[nodiscard]] api::PlanOutcome plan(const model::ConfigurationText& text) const override;
    [[nodiscard]] std::expected<api::ApplyOutcome, api::Problem> apply(const api::ApplyRequest& request, const std::string& who) override;
    [[nodiscard]] std::expected<api::ApplyOutcome, api::Problem> confirm(const std::string& who) override;
    [[nodiscard]] std::expected<api::ApplyOutcome, api::Problem> rollback(const std::optional<std::uint64_t>& number,
                                                                          const std::string& who) override;
    [[nodiscard]] std::vector<api::HistoryEntry> history() const override;
    [[nodiscard]] std::expected<model::ConfigurationText, api::Problem> text(const std::optional<std::uint64_t>& number) const override;
    [[nodiscard]] api::OverridesSnapshot overrides() const override;
    [[nodiscard]] std::expected<api::ClearOutcome, api::Problem> clear_overrides(const std::optional<std::string>& name,
                                                                                 const std::string& who) override;
    [[nodiscard]] std::string delta(api::DeltaForm form) const override;
    [[nodiscard]] std::expected<api::ServersOutcome, api::Problem> change_servers(const api::ServerRequest& request,
                                                                                  const std::string& who) override;

 private:
    using ServerKey = std::pair<model::ServiceKey, Endpoint>;

    // ---- layers ----
    [[nodiscard]] model::Cluster effective(const model::Site& site, const model::RunState& state, const health::View& view) const;
    [[nodiscard]] Result<void> change_to(const model::Cluster& cluster);
    [[nodiscard]] Result<std::size_t> commit(model::RunState state, const model::Cluster& cluster);
    [[nodiscard]] Result<void> change_overrides(model::RunState state);
    void layers_changed();
    void start_layers();
    void observe_some(const std::set<model::ServiceKey>& touched);
    [[nodiscard]] Result<api::ApplyOutcome> switch_to(Configuration next, std::optional<model::Pending> pending,
                                                      const std::string& file_digest);
    [[nodiscard]] Result<std::uint64_t> keep(model::Record& record, model::RunState& state);
    [[nodiscard]] Configuration read_again();
    void refuse(const Configuration& next);
    void confirm_or_go_back();
    [[nodiscard]] std::optional<net::Instant> end_what_is_over();
    void tell(const layers::Settled& settled);
    [[nodiscard]] std::uint64_t connections_of(const model::ServiceKey& key, const Endpoint& server) const;
    [[nodiscard]] std::vector<std::string> shadowed_by(const model::Site& after) const;
    [[nodiscard]] std::vector<std::string> restart_for(const model::Site& after) const;
    [[nodiscard]] bool is_dormant(const model::Override& override) const;

    // ---- the data plane and the network ----
    void log_change(const std::vector<plan::Step>& steps);
    void zero(const std::optional<model::ServiceKey>& key);
    void drop_estimators_of_the_gone();
    void carry_out(const SetInterfaces& action);
    void tell_attached(const std::vector<net::InterfaceChoice>& choices);
    void carry_out(const SetWays& action);
    void carry_out(const ForgetClientWays& action);
    void carry_out(const Solicit& action);
    void carry_out(const WayChanged& action);
    [[nodiscard]] std::optional<net::Instant> one_step();
    void note_refused(const std::vector<net::InterfaceChoice>& choices, const Error& error);
    void log_list(log::Level level, std::span<const std::string> lines);
    void log_report(const config::Outcome& outcome);
    void log_problems(const std::vector<std::string>& before);
    [[nodiscard]] std::vector<std::string> all_problems() const;
    void add_problems_of_marks(std::vector<std::string>& problems) const;
    [[nodiscard]] const Error* refusal_of(const net::InterfaceChoice& choice) const;
    [[nodiscard]] api::ServiceSnapshot snapshot(const model::Service& service) const;
    [[nodiscard]] api::ServerSnapshot snapshot(const model::ServiceKey& key, const model::Server& server) const;

    Surroundings outside_;
    Identity identity_;
    Settings settings_of_command_line_, settings_;
    std::map<std::string, net::Hook> served_;      // interfaces, as told
    net::Instant started_;
    std::string asker_;                   // of the order under way
    std::size_t tolerated_ = 0;           // mistakes in the configuration that runs
    bool adopt_overrides_ = false;        // no state was ever kept: what runs in adopted tables becomes overrides

    Configuration runs_;                  // configured
    model::Site left_before_;             // what an earlier daemon ran, until start()
    model::RunState state_;               // override
    health::View view_;                   // observed
    model::MarkMembers marks_;            // observed, too; until they are, what runs in adopted tables
    std::optional<layers::Index> index_;  // over the three
    model::Cluster cluster_;              // effective
    model::Cluster reach_;                // every server that may become effective: its neighbour is known before

    Mind mind_;
    std::uint64_t generation_ = 0;
    std::string configuration_state_ = "none";
    std::string marks_problem_;           // why netfilter's rules are not followed as they are; "" = they are
    std::string store_problem_;           // why the state is not on disk; "" = it is
    std::vector<std::string> problems_;   // of the last step
    std::vector<Error> refused_interfaces_;
    std::optional<net::Instant> retry_at_;
    std::map<model::ServiceKey, Estimator> service_rates_;
    std::map<ServerKey, Estimator> server_rates_;
};

}  // namespace lvx::daemon
