// The data plane of the kernel: the parts of this folder put together.
#pragma once

#include <chrono>

#include "bpf/table/table.h"
#include "dataplane/attachments.hh"
#include "dataplane/dataplane.hh"
#include "dataplane/held_answers.hh"
#include "dataplane/image_store.hh"
#include "dataplane/loader.hh"

namespace lvx::dataplane {

class BpfDataplane final : public Dataplane {
 public:
    BpfDataplane(Pins pins, Loaded loaded, Grace grace);

    [[nodiscard]] bool adopted() const override { return loaded_.adopted; }
    [[nodiscard]] model::Cluster running() const override { return adopted_cluster_; }
    [[nodiscard]] Result<void> apply(const model::Cluster& cluster) override;
    [[nodiscard]] Result<void> apply_some(const model::Cluster& cluster, std::span<const std::size_t> changed) override;
    void keep(const model::ServiceKey& service, std::vector<Endpoint> servers) override;
    [[nodiscard]] std::vector<Error> set_interfaces(const std::vector<net::InterfaceChoice>& choices) override;
    void set_ways(const std::vector<ServerWay>& ways) override;
    void forget_client_ways() override;
    void set_templates(QuiescentServers servers) override;
    void sweep() override;
    [[nodiscard]] api::Traffic service_counters(const model::ServiceKey& key) const override;
    [[nodiscard]] ServerTraffic server_traffic(const model::ServiceKey& key, const Endpoint& endpoint) const override;
    [[nodiscard]] std::vector<api::VerdictSnapshot> verdicts() const override;
    [[nodiscard]] std::uint64_t connections(std::uint64_t from, const api::ConnectionVisitor& visit) const override;
    std::uint64_t end_connections(std::span<const ServerPlace> servers) override;
    [[nodiscard]] std::vector<ServerSigns> signs(std::span<const ServerPlace> servers) override;
    [[nodiscard]] Result<void> begin_check(const CheckFlow& flow) override;
    [[nodiscard]] bool end_check(const CheckFlow& flow) override;
    [[nodiscard]] TableUse use() const override;
    void zero(const std::optional<model::ServiceKey>& key) override;
    [[nodiscard]] std::optional<TableAccess> table_access() override;
    [[nodiscard]] std::optional<Lease> lease() override;
    void stop() override;

 private:
    [[nodiscard]] std::uint32_t now() const;
    [[nodiscard]] plan::Running running_state() const;
    [[nodiscard]] api::ConnectionSnapshot told(const abi::connection& connection, std::uint32_t tick) const;
    [[nodiscard]] std::optional<std::uint32_t> server_id(const ServerPlace& place) const;
    [[nodiscard]] std::optional<std::uint32_t> id_of(const model::ServiceKey& key) const;
    [[nodiscard]] plan::Limits limits() const;
    [[nodiscard]] Result<void> apply_whole(const model::Cluster& cluster);
    void count_anew(const plan::Image& next);
    void hand_over_counters(const plan::Image& next);
    [[nodiscard]] std::vector<bool> members_in_use() const;
    [[nodiscard]] std::span<const std::uint32_t> members_of(std::uint32_t service) const;
    void finish_round();

    Pins pins_;
    Loaded loaded_;
    Grace grace_;
    Nexthops nexthops_;
    ImageStore store_;
    Attachments attachments_;
    table::table table_;
    std::optional<plan::Image> image_;
    std::map<model::ServiceKey, std::vector<Endpoint>> kept_;
    model::Cluster adopted_cluster_;
    std::vector<Error> adoption_errors_;

    std::mutex configuration_;                // TableAccess
    std::unique_ptr<HeldAnswers> held_;
    std::atomic<std::uint64_t> applications_{0};
    std::atomic<std::uint32_t> check_ifindex_{0};  // by which checks come that go through a service

    std::uint32_t signs_seen_ = 0;  // tick of the last signs()
    std::uint32_t swept_ = 0;  // slot the next slice begins with
    std::uint32_t seen_ = 0;   // live connections in this round of the sweep
    std::chrono::steady_clock::time_point last_sweep_;
};

}  // namespace lvx::dataplane
