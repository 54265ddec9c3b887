// A data plane in plain memory, for tests of whoever drives one: it keeps what it was told, counts what the test says
// it counted, and refuses what the test wants refused.
#pragma once

#include <map>

#include "dataplane/dataplane.hh"
#include "plan/image.hh"

namespace lvx::dataplane {

class MemoryDataplane final : public Dataplane {
 public:
    // What a test may set and look at.
    struct State {
        model::Cluster adopted_cluster;
        bool adopted = false;
        plan::Limits limits{.services = 64, .servers = 256, .pool_words = 16384};
        std::optional<Error> next_refusal;                 // of the next apply()
        std::map<std::string, Error> interface_refusals;   // by name
        std::map<model::ServiceKey, api::Traffic> service_traffic;
        std::map<std::pair<model::ServiceKey, Endpoint>, ServerTraffic> server_traffic;
        std::map<ServerPlace, ServerSigns> signs;
        std::vector<api::VerdictSnapshot> verdicts;
        std::vector<api::ConnectionSnapshot> connections;

        model::Cluster applied;
        std::map<model::ServiceKey, std::vector<Endpoint>> kept;
        std::uint64_t applications = 0, sweeps = 0, client_generation = 0;
        std::vector<net::InterfaceChoice> interfaces;
        std::map<Address, std::optional<net::Way>> ways;
        bool stopped = false;
    };

    // `state` outlives this object.
    explicit MemoryDataplane(State& state) : state_(state) {}

    [[nodiscard]] bool adopted() const override { return state_.adopted; }
    [[nodiscard]] model::Cluster running() const override { return state_.adopted_cluster; }
    // Refuses what the real one's plan refuses.
    [[nodiscard]] Result<void> apply(const model::Cluster& cluster) override;
    // Refuses to be told less than what changed.
    [[nodiscard]] Result<void> apply_some(const model::Cluster& cluster, std::span<const std::size_t> changed) override;
    void keep(const model::ServiceKey& service, std::vector<Endpoint> servers) override { state_.kept[service] = std::move(servers); }
    [[nodiscard]] std::vector<Error> set_interfaces(const std::vector<net::InterfaceChoice>& choices) override;
    void set_ways(const std::vector<ServerWay>& ways) override;
    void forget_client_ways() override { ++state_.client_generation; }
    void set_templates(QuiescentServers) override {}
    void sweep() override { ++state_.sweeps; }
    [[nodiscard]] api::Traffic service_counters(const model::ServiceKey& key) const override;
    [[nodiscard]] ServerTraffic server_traffic(const model::ServiceKey& key, const Endpoint& endpoint) const override;
    [[nodiscard]] std::vector<api::VerdictSnapshot> verdicts() const override { return state_.verdicts; }
    [[nodiscard]] std::uint64_t connections(std::uint64_t from, const api::ConnectionVisitor& visit) const override;
    // Known by the virtual address and the server alone.
    std::uint64_t end_connections(std::span<const ServerPlace> servers) override;
    [[nodiscard]] std::vector<ServerSigns> signs(std::span<const ServerPlace> servers) override;
    [[nodiscard]] TableUse use() const override;
    void zero(const std::optional<model::ServiceKey>& key) override;
    void stop() override { state_.stopped = true; }

 private:
    State& state_;
};

}  // namespace lvx::dataplane
