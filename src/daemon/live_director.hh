// The director at work: carries out the steps of director.hh on a data plane and answers the API.  Knows no socket and
// no event loop: what it needs of the world is given to it, so that tests run it on a MemoryDataplane.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/director_view.hh"
#include "base/log.hh"
#include "base/result.hh"
#include "config/load.hh"
#include "daemon/director.hh"
#include "daemon/estimator.hh"
#include "dataplane/dataplane.hh"
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
    std::function<config::Outcome()> load;  // reads the file; not called when there is none
    std::function<void(std::span<const net::Solicitation>)> solicit;
    std::function<net::Instant()> now;
    std::function<void()> changed;          // a change came in through the API: refresh() wants to be called
    std::function<void(api::StopKind)> stop;
};

class LiveDirector : public api::Director {
 public:
    LiveDirector(Surroundings surroundings, Identity identity, Settings settings);

    // Adopts what runs or applies the file; an error is why the daemon cannot start.
    [[nodiscard]] Result<void> start();
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
    [[nodiscard]] std::uint64_t connections(std::uint64_t from, const api::ConnectionVisitor& visitor) const override;
    [[nodiscard]] api::Execution execute(std::span<const model::Operation> operations) override;
    [[nodiscard]] api::ReloadOutcome reload() override;
    void stop(api::StopKind kind) override;

 private:
    using ServerKey = std::pair<model::ServiceKey, Endpoint>;

    [[nodiscard]] Result<void> change_to(const model::Cluster& cluster);
    [[nodiscard]] config::Outcome load_and_log();
    void log_change(const std::vector<plan::Step>& steps);
    void zero(const std::optional<model::ServiceKey>& key);
    void drop_estimators_of_the_gone();
    void carry_out(const SetInterfaces& action);
    void carry_out(const SetWays& action);
    void carry_out(const ForgetClientWays& action);
    void carry_out(const Solicit& action);
    void carry_out(const WayChanged& action);
    [[nodiscard]] std::optional<net::Instant> one_step();
    void note_refused(const std::vector<net::InterfaceChoice>& choices, const Error& error);
    void log_list(log::Level level, std::span<const std::string> lines);
    void log_problems(const std::vector<std::string>& before);
    [[nodiscard]] std::vector<std::string> all_problems() const;
    [[nodiscard]] const Error* refusal_of(const net::InterfaceChoice& choice) const;
    [[nodiscard]] api::ServiceSnapshot snapshot(const model::Service& service) const;
    [[nodiscard]] api::ServerSnapshot snapshot(const model::ServiceKey& key, const model::Server& server) const;

    Surroundings outside_;
    Identity identity_;
    Settings settings_;
    net::Instant started_;
    model::Cluster cluster_, file_cluster_;
    Mind mind_;
    std::uint64_t generation_ = 0;
    std::string configuration_state_ = "none";
    std::vector<std::string> problems_;   // of the last step
    std::vector<Error> refused_interfaces_;
    std::optional<net::Instant> retry_at_;
    std::map<model::ServiceKey, Estimator> service_rates_;
    std::map<ServerKey, Estimator> server_rates_;
};

}  // namespace lvx::daemon
