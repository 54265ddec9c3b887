// Small sites for the tests of this room.
#pragma once

#include <vector>

#include "layers/layers.hh"

namespace lvx::layers::test {

inline constexpr model::WallTime noon{std::chrono::hours{24 * 20000 + 12}};
inline const model::ServiceKey web{.address = Address::v4(0xc0000201), .port = 80};
inline const model::ServiceKey mail{.address = Address::v4(0xc0000202), .port = 25};

inline model::Server server(std::uint32_t last) { return {.endpoint = {Address::v4(0x0a000000 | last), 80}, .weight = last % 5 + 1}; }

inline model::Pool pool_of(const model::Service& service) {
    model::Pool pool{.name = service.key.text(), .services = {service.key}};
    for (const model::Server& each : service.servers) pool.servers.push_back({.endpoint = each.endpoint, .weight = each.weight});
    return pool;
}

inline model::Site site_of(std::vector<model::Service> services) {
    model::Site site;
    for (const model::Service& service : services) site.pools.push_back(pool_of(service));
    site.cluster.services = std::move(services);
    return site;
}

inline model::Site two_services() {
    return site_of({{.key = web, .servers = {server(2), server(3)}}, {.key = mail, .servers = {server(2), server(4)}}});
}

// Everybody well.
inline health::View health_view(const model::Site& site) {
    health::View view;
    for (const model::Pool& pool : site.pools) {
        view.pools.push_back({.key = pool.services.front(), .name = pool.name, .servers = {}});
        for (const model::WatchedServer& each : pool.servers)
            view.pools.back().servers.push_back({.endpoint = each.endpoint, .weight = each.weight});
    }
    return view;
}

inline std::vector<Endpoint> endpoints(const model::Cluster& cluster, const model::ServiceKey& key) {
    std::vector<Endpoint> result;
    if (const model::Service* service = cluster.find(key))
        for (const model::Server& each : service->servers) result.push_back(each.endpoint);
    return result;
}

}  // namespace lvx::layers::test
