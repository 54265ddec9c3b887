#include "cli/ipvsadm/order.hh"

#include <map>
#include <utility>

#include "config/ipvsadm/order.hh"

namespace lvx::cli::ipvsadm {

// Keys of services are unique in a cluster, endpoints of servers in a service: what is sorted is found again by them.

std::vector<api::ServiceSnapshot> sorted(std::vector<api::ServiceSnapshot> services) {
    std::map<model::ServiceKey, api::ServiceSnapshot> by_key;
    std::vector<model::Service> order;
    for (api::ServiceSnapshot& service : services) {
        order.push_back({.key = service.service.key});
        by_key.emplace(order.back().key, std::move(service));
    }
    services.clear();
    for (const model::Service& service : config::ipvsadm::sorted(std::move(order))) services.push_back(std::move(by_key.at(service.key)));
    return services;
}

std::vector<api::ServerSnapshot> sorted(std::vector<api::ServerSnapshot> servers) {
    std::map<Endpoint, api::ServerSnapshot> by_endpoint;
    std::vector<model::Server> order;
    while (!servers.empty()) {
        order.push_back({.endpoint = servers.back().server.endpoint});
        by_endpoint.emplace(order.back().endpoint, std::move(servers.back()));
        servers.pop_back();
    }
    for (const model::Server& server : config::ipvsadm::sorted(std::move(order))) servers.push_back(std::move(by_endpoint.at(server.endpoint)));
    return servers;
}

}  // namespace lvx::cli::ipvsadm
