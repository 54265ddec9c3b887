#include "plan/registry.hh"

#include <fmt/format.h>

#include <cerrno>
#include <set>
#include <utility>

#include "plan/marks.hh"

namespace lvx::plan {
namespace {

// Hands out the lowest numbers that are not taken.
class FreeIds {
 public:
    explicit FreeIds(std::uint32_t limit) : taken_(limit) {}
    void take(std::uint32_t id) { taken_[id] = true; }
    std::optional<std::uint32_t> next() {
        while (lowest_ < taken_.size() && taken_[lowest_]) ++lowest_;
        if (lowest_ == taken_.size()) return std::nullopt;
        take(lowest_);
        return lowest_;
    }

 private:
    std::vector<bool> taken_;
    std::uint32_t lowest_ = 0;
};

std::unexpected<Error> full(const std::string& what, std::string_view kind, std::uint32_t limit) {
    return refusal(fmt::format("cannot place {} {}: all {} places of the table are taken", kind, what, limit), ENOSPC,
                   fmt::format("start lvxd with a larger --max-{0}s; removed {0}s keep their place while connections "
                               "name them", kind));
}

std::set<std::pair<model::ServiceKey, Endpoint>> wanted_servers(const model::Cluster& cluster) {
    std::set<std::pair<model::ServiceKey, Endpoint>> wanted;
    for (const model::Service& service : cluster.services)
        for (const model::Server& server : service.servers) wanted.emplace(service.key, server.endpoint);
    return wanted;
}

// What of the running registry must stay, wanted or not.
Registry kept(const model::Cluster& cluster, const std::vector<model::ServiceKey>& members, const Running& running) {
    Registry result;
    if (!running.image) return result;
    const Image& image = *running.image;
    const auto wanted = wanted_servers(cluster);
    std::set<model::ServiceKey> wanted_services(members.begin(), members.end());
    for (const model::Service& service : cluster.services) wanted_services.insert(service.key);
    std::map<std::uint32_t, model::ServiceKey> keys;
    for (const auto& [key, id] : image.registry.services) {
        keys.emplace(id, key);
        const bool in_use = id < running.member_in_use.size() && running.member_in_use[id];
        if (!in_use && !wanted_services.contains(key) && !(image.services[id].flags & abi::SERVICE_PRESENT)) continue;
        result.services.emplace(key, id);
        if (!is_member(key)) continue;
        const auto leader = image.registry.services.find(leader_of(key));
        if (leader != image.registry.services.end()) result.services.insert(*leader);
    }
    for (const auto& [place, id] : image.registry.servers) {
        const model::ServiceKey& key = keys.at(place.first);
        const bool in_use = id < running.server_in_use.size() && running.server_in_use[id];
        const bool available = image.servers[id].flags & abi::SERVER_AVAILABLE;
        if (!in_use && !available && !wanted.contains({key, place.second})) continue;
        result.servers.emplace(place, id);
        result.services.emplace(key, place.first);
    }
    return result;
}

class Assignment {
 public:
    Assignment(Registry registry, const Limits& limits) : registry_(std::move(registry)), limits_(limits), services_(limits.services), servers_(limits.servers) {
        for (const auto& [key, id] : registry_.services) services_.take(id);
        for (const auto& [place, id] : registry_.servers) servers_.take(id);
    }

    Result<void> add(const model::ServiceKey& key) {
        if (registry_.services.contains(key)) return {};
        const auto id = services_.next();
        if (!id) return full(key.text(), "service", limits_.services);
        registry_.services.emplace(key, *id);
        return {};
    }

    Result<void> add(const model::Service& service) {
        TRY(add(service.key));
        const std::uint32_t service_id = registry_.services.at(service.key);
        for (const model::Server& server : service.servers) {
            if (registry_.servers.contains({service_id, server.endpoint})) continue;
            const auto id = servers_.next();
            if (!id) return full(server.endpoint.text() + " of " + service.key.text(), "server", limits_.servers);
            registry_.servers.emplace(std::pair{service_id, server.endpoint}, *id);
        }
        return {};
    }

    Registry registry() && { return std::move(registry_); }

 private:
    Registry registry_;
    const Limits& limits_;
    FreeIds services_, servers_;
};

}  // namespace

Result<Registry> assign_ids(const model::Cluster& cluster, const std::vector<model::ServiceKey>& members, const Running& running,
                            const Limits& limits) {
    Assignment assignment(kept(cluster, members, running), limits);
    for (const model::Service& service : cluster.services) TRY(assignment.add(service));
    for (const model::ServiceKey& key : members) TRY(assignment.add(key));
    return std::move(assignment).registry();
}

}  // namespace lvx::plan
