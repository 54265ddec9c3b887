// What time and new files do to the overrides and to the servers that leave.
#include <algorithm>

#include "layers/layers.hh"

namespace lvx::layers {
namespace {

using model::Override;
using model::OverrideKind;
using Services = std::map<model::ServiceKey, const model::Service*>;
using Pools = std::map<model::ServiceKey, const model::Pool*>;

Services services_of(const model::Cluster& cluster) {
    Services result;
    for (const model::Service& service : cluster.services) result.emplace(service.key, &service);
    return result;
}

Pools pools_of(const model::Site& site) {
    Pools result;
    for (const model::Pool& pool : site.pools)
        for (const model::ServiceKey& key : pool.services) result.emplace(key, &pool);
    return result;
}

template <class Map>
auto value_or_null(const Map& map, const model::ServiceKey& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : found->second;
}

const model::Server* find(const model::Service* service, const Endpoint& endpoint) {
    if (service == nullptr) return nullptr;
    const auto found = std::ranges::find(service->servers, endpoint, &model::Server::endpoint);
    return found == service->servers.end() ? nullptr : &*found;
}

model::Service header_of(model::Service service) {
    service.servers.clear();
    return service;
}

bool operator_made(const model::RunState& state, const model::ServiceKey& key) {
    return std::ranges::any_of(state.overrides, [&](const Override& each) {
        return each.kind == OverrideKind::service_added && each.service == key;
    });
}

bool operator_made(const model::RunState& state, const ServerName& name) {
    return std::ranges::any_of(state.overrides, [&](const Override& each) {
        return each.kind == OverrideKind::server_added && each.service == name.service && each.server == name.server;
    });
}

// Servers in no list whose connections go on.
std::set<ServerName> kept_dead(const model::Site& site, const model::RunState& state, const health::View& view) {
    std::set<ServerName> result;
    const Index index(site, state, view);
    for (const model::ServiceKey& key : index.keys())
        for (const Endpoint& server : kept_servers(*index.find(key))) result.insert({key, server});
    return result;
}

// The pool's own time, else the director's; none at all: as long as connections live.
std::optional<model::WallTime> drain_end(const model::Pool* pool, const model::Site& after, model::WallTime now) {
    const std::chrono::seconds time = pool != nullptr && pool->drain.count() != 0 ? pool->drain : after.director.drain;
    return time.count() == 0 ? std::nullopt : std::optional(now + time);
}

bool is_over(const std::optional<model::WallTime>& end, model::WallTime now) { return end && *end <= now; }

}  // namespace

model::RunState reconfigured(const model::Site& before, const model::Site& after, model::RunState state,
                             const model::Cluster& running, const health::View& view, model::WallTime now) {
    const std::set<ServerName> dead = kept_dead(before, state, view);
    const Services wanted = services_of(after.cluster), present = services_of(running);
    const Pools pools_before = pools_of(before), pools_after = pools_of(after);
    std::erase_if(state.leaving, [&](const model::Leaving& each) {
        return find(value_or_null(wanted, each.service.key), each.server.endpoint) != nullptr;
    });
    for (const model::Service& service : before.cluster.services) {
        const model::Service* runs = value_or_null(present, service.key);
        if (runs == nullptr || operator_made(state, service.key)) continue;
        const model::Service* next = value_or_null(wanted, service.key);
        const model::Pool* pool = value_or_null(pools_after, service.key);
        if (pool == nullptr) pool = value_or_null(pools_before, service.key);
        const auto until = drain_end(pool, after, now);
        for (const model::Server& server : service.servers) {
            const model::Server* stands = find(runs, server.endpoint);
            const ServerName name{service.key, server.endpoint};
            if (stands == nullptr && dead.contains(name)) stands = &server;
            if (stands == nullptr || find(next, server.endpoint) != nullptr || operator_made(state, name)) continue;
            state.leaving.push_back({.service = header_of(*runs), .server = *stands, .since = now, .until = until});
        }
    }
    return state;
}

Settled settled(model::RunState state, model::WallTime now, const std::function<std::uint64_t(const ServerName&)>& connections) {
    Settled result;
    std::erase_if(state.leaving, [&](const model::Leaving& each) {
        const ServerName name{each.service.key, each.server.endpoint};
        const std::uint64_t left = connections(name);
        if (left != 0 && !is_over(each.until, now)) return false;
        result.ended.push_back({.server = name, .connections_left = left, .leaving = true});
        return true;
    });
    for (Override& each : state.overrides) {
        if (each.kind != OverrideKind::drained) continue;
        const ServerName name{each.service, each.server};
        const std::uint64_t left = connections(name);
        if (left != 0 && !is_over(each.deadline, now)) continue;
        result.ended.push_back({.server = name, .connections_left = left, .then = each.then});
        each.kind = each.then == model::AfterDrain::remove ? OverrideKind::server_removed : OverrideKind::disabled;
        each.deadline.reset();
    }
    for (const Ended& each : result.ended)
        if (!each.leaving && each.then == model::AfterDrain::remove)
            std::erase_if(state.overrides, [&](const Override& other) {
                return other.service == each.server.service && other.server == each.server.server &&
                       (other.kind == OverrideKind::server_added || other.kind == OverrideKind::server_edited);
            });
    result.state = std::move(state);
    return result;
}

std::vector<ServerName> servers_named(const model::Site& site, const model::RunState& state, const Endpoint& server,
                                      const std::optional<model::ServiceKey>& service) {
    std::set<ServerName> found;
    const auto take = [&](const model::ServiceKey& key, const Endpoint& endpoint) {
        const bool is_it = endpoint.address == server.address && (server.port == 0 || endpoint.port == server.port);
        if (is_it && (!service || *service == key)) found.insert({key, endpoint});
    };
    for (const model::Service& each : site.cluster.services)
        for (const model::Server& one : each.servers) take(each.key, one.endpoint);
    for (const Override& each : state.overrides)
        if (each.kind == OverrideKind::server_added) take(each.service, each.server);
    return {found.begin(), found.end()};
}

model::RunState cleared(model::RunState state, std::string_view name) {
    std::erase_if(state.overrides, [&](const Override& each) { return each.name == name; });
    return state;
}

model::RunState without_ended(model::RunState state, model::WallTime now) {
    std::erase_if(state.overrides, [&](const Override& each) { return is_over(each.until, now); });
    return state;
}

std::optional<model::WallTime> next_end(const model::RunState& state) {
    std::optional<model::WallTime> next;
    const auto take = [&](const std::optional<model::WallTime>& end) {
        if (end && (!next || *end < *next)) next = end;
    };
    for (const Override& each : state.overrides) {
        take(each.until);
        if (each.kind == OverrideKind::drained) take(each.deadline);
    }
    for (const model::Leaving& each : state.leaving) take(each.until);
    if (state.pending) take(state.pending->until);
    return next;
}

std::vector<std::string> shadowing(const model::Site& before, const model::Site& after, const model::RunState& state) {
    const Services old = services_of(before.cluster), now = services_of(after.cluster);
    std::vector<std::string> names;
    for (const Override& each : state.overrides) {
        if (each.kind == OverrideKind::timeouts) {
            if (before.cluster.timeouts != after.cluster.timeouts) names.push_back(each.name);
            continue;
        }
        const model::Service* was = value_or_null(old, each.service);
        const model::Service* is = value_or_null(now, each.service);
        const bool about_service = each.kind <= OverrideKind::service_removed;
        const bool whole = each.kind == OverrideKind::service_added || each.kind == OverrideKind::service_removed;
        if (about_service) {
            const bool appeared = (was == nullptr) != (is == nullptr);
            const bool differs = was != nullptr && is != nullptr && (whole ? *was != *is : header_of(*was) != header_of(*is));
            if (appeared || differs) names.push_back(each.name);
            continue;
        }
        const model::Server *server_was = find(was, each.server), *server_is = find(is, each.server);
        if ((server_was == nullptr) != (server_is == nullptr) || (server_was != nullptr && *server_was != *server_is))
            names.push_back(each.name);
    }
    return names;
}

}  // namespace lvx::layers
