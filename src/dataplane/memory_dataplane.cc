#include "dataplane/memory_dataplane.hh"

#include <algorithm>

#include <utility>

#include "base/ensure.hh"

namespace lvx::dataplane {

Result<void> MemoryDataplane::apply(const model::Cluster& cluster) {
    if (auto refused = std::exchange(state_.next_refusal, std::nullopt)) return std::unexpected(*refused);
    TRY(plan::build(cluster, {}, state_.limits));
    state_.applied = cluster;
    ++state_.applications;
    return {};
}

Result<void> MemoryDataplane::apply_some(const model::Cluster& cluster, std::span<const std::size_t> changed) {
    ensure(cluster.services.size() == state_.applied.services.size());
    for (std::size_t place = 0; place < cluster.services.size(); ++place)
        ensure(std::ranges::find(changed, place) != changed.end() || cluster.services[place] == state_.applied.services[place]);
    return apply(cluster);
}

std::vector<Error> MemoryDataplane::set_interfaces(const std::vector<net::InterfaceChoice>& choices) {
    std::vector<Error> errors;
    state_.interfaces.clear();
    for (const net::InterfaceChoice& choice : choices) {
        const auto refused = state_.interface_refusals.find(choice.name);
        if (refused != state_.interface_refusals.end()) {
            errors.push_back(refused->second);
        } else {
            state_.interfaces.push_back(choice);
        }
    }
    return errors;
}

void MemoryDataplane::set_ways(const std::vector<ServerWay>& ways) {
    for (const ServerWay& known : ways) state_.ways[known.server] = known.way;
}

api::Traffic MemoryDataplane::service_counters(const model::ServiceKey& key) const {
    const auto found = state_.service_traffic.find(key);
    return found == state_.service_traffic.end() ? api::Traffic{} : found->second;
}

ServerTraffic MemoryDataplane::server_traffic(const model::ServiceKey& key, const Endpoint& endpoint) const {
    const auto found = state_.server_traffic.find({key, endpoint});
    return found == state_.server_traffic.end() ? ServerTraffic{} : found->second;
}

std::uint64_t MemoryDataplane::connections(std::uint64_t from, const api::ConnectionVisitor& visit) const {
    for (std::uint64_t slot = from; slot < state_.connections.size(); ++slot)
        if (visit(state_.connections[slot]) == api::Visit::stop)
            return slot + 1 < state_.connections.size() ? slot + 1 : api::end_of_table;
    return api::end_of_table;
}

TableUse MemoryDataplane::use() const {
    return {.connections = state_.connections.size(), .capacity = 1000, .bytes = 96000, .buckets = 174};
}

void MemoryDataplane::zero(const std::optional<model::ServiceKey>& key) {
    for (auto& [service, traffic] : state_.service_traffic)
        if (!key || *key == service) traffic = {};
    for (auto& [place, traffic] : state_.server_traffic)
        if (!key || *key == place.first) traffic.counters = {};
}

std::uint64_t MemoryDataplane::end_connections(std::span<const ServerPlace> servers) {
    return std::erase_if(state_.connections, [servers](const api::ConnectionSnapshot& connection) {
        return std::ranges::any_of(servers, [&connection](const ServerPlace& place) {
            return place.server == connection.server && place.service.protocol == connection.protocol &&
                   place.service.address == connection.virtual_service.address;
        });
    });
}

std::vector<ServerSigns> MemoryDataplane::signs(std::span<const ServerPlace> servers) {
    std::vector<ServerSigns> result;
    for (const ServerPlace& place : servers) result.push_back(state_.signs[place]);
    return result;
}

}  // namespace lvx::dataplane
