#include "plan/image.hh"

#include <algorithm>
#include <cstring>
#include <ranges>

namespace lvx::plan {
namespace {

constexpr unsigned mapped_bits = 96;  // of ::ffff:0:0/96, before an IPv4 address

Port host_order(std::uint16_t port) { return static_cast<Port>(port << 8 | port >> 8); }

model::Server server_of(const abi::server& server) {
    return {.endpoint = endpoint_of(server),
            .method = static_cast<model::Method>(server.method),
            .weight = server.weight,
            .upper_threshold = server.upper_threshold,
            .lower_threshold = server.lower_threshold,
            .leaves = (server.flags & abi::SERVER_LEFT) != 0};
}

model::Service service_of(const Image& image, std::uint32_t id) {
    const abi::service& service = image.services[id];
    model::Service result{.key = key_of(service),
                          .scheduler = std::string(scheduler_name(static_cast<scheduler>(service.scheduler))),
                          .scheduler_flags = static_cast<std::uint8_t>(service.flags & abi::SERVICE_SCHED_ALL)};
    if (service.flags & abi::SERVICE_PERSISTENT)
        result.persistence = model::Persistence{.timeout = std::chrono::seconds{service.persistence_s},
                                                .prefix = static_cast<std::uint8_t>(service.persistence_prefix - (result.key.address.is_v4() ? mapped_bits : 0))};
    for (const Target& target : targets_of(image, id) | std::views::reverse)
        result.servers.push_back(server_of(image.servers[target.id]));
    return result;
}

}  // namespace

Address address_of(const abi::address& address) {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), address.bytes, sizeof bytes);
    return Address::from_mapped(bytes);
}

abi::address abi_address(const Address& address) {
    abi::address result;
    std::memcpy(result.bytes, address.mapped().data(), sizeof result.bytes);
    return result;
}

Endpoint endpoint_of(const abi::server& server) { return {address_of(server.address), host_order(server.port)}; }

model::ServiceKey key_of(const abi::service& service) {
    return {.protocol = static_cast<model::Protocol>(service.protocol),
            .address = address_of(service.address),
            .port = host_order(service.port)};
}

abi::service_key map_key(const model::ServiceKey& key) {
    return {.address = abi_address(key.address),
            .port = host_order(key.port),
            .protocol = static_cast<std::uint8_t>(key.protocol)};
}

std::vector<Target> targets_of(const Image& image, std::uint32_t service) {
    std::vector<Target> result;
    const abi::service& row = image.services[service];
    for (std::uint32_t i = 0; i < row.servers; ++i) {
        const std::uint32_t id = image.pool[row.servers_at + 2 * i];
        const abi::server& server = image.servers[id];
        result.push_back({.id = id,
                          .endpoint = endpoint_of(server),
                          .weight = server.weight,
                          .last_weight = server.last_weight,
                          .upper_threshold = server.upper_threshold,
                          .lower_threshold = server.lower_threshold,
                          .method = server.method});
    }
    return result;
}

model::Cluster cluster_of(const Image& image) {
    model::Cluster cluster{.timeouts = image.timeouts};
    for (std::uint32_t id = 0; id < image.services.size(); ++id)
        if (image.services[id].flags & abi::SERVICE_PRESENT) cluster.services.push_back(service_of(image, id));
    return cluster;
}

}  // namespace lvx::plan
