#include "plan/image.hh"

#include <algorithm>
#include <cstring>
#include <ranges>
#include <set>
#include <tuple>

#include "plan/marks.hh"

namespace lvx::plan {
namespace {

constexpr unsigned mapped_bits = 96;  // of ::ffff:0:0/96, before an IPv4 address

Port host_order(std::uint16_t port) { return static_cast<Port>(port << 8 | port >> 8); }

// The mark of its service's row.
std::uint32_t mark_of(const abi::service& row) {
    if (row.family == static_cast<std::uint8_t>(Family::v4)) return address_of(row.address).v4_value();
    std::uint32_t mark = 0;
    for (unsigned byte = 0; byte < sizeof mark; ++byte) mark = mark << 8 | row.address.bytes[byte];
    return mark;
}

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
    model::Service result{.key = key_of(image.services, id),
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

abi::address mark_address(const model::ServiceKey& key) {
    abi::address result = key.address.is_v4() ? abi_address(Address::v4(key.fwmark)) : abi::address{};
    if (!key.address.is_v4())
        for (unsigned byte = 0; byte < sizeof key.fwmark; ++byte) result.bytes[byte] = static_cast<std::uint8_t>(key.fwmark >> (24 - 8 * byte));
    return result;
}

model::ServiceKey key_of(const std::vector<abi::service>& rows, std::uint32_t id) {
    const abi::service& row = rows[id];
    if (row.flags & abi::SERVICE_MARK) return model::mark_key(mark_of(row), static_cast<Family>(row.family));
    model::ServiceKey result{.protocol = static_cast<model::Protocol>(row.protocol), .address = address_of(row.address), .port = host_order(row.port)};
    if (row.flags & abi::SERVICE_MEMBER && row.leader < rows.size()) result.fwmark = mark_of(rows[row.leader]);
    return result;
}

std::map<std::uint32_t, std::vector<std::uint32_t>> members_of(const std::vector<abi::service>& rows) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> result;
    for (std::uint32_t id = 0; id < rows.size(); ++id)
        if (rows[id].flags & abi::SERVICE_MEMBER) result[rows[id].leader].push_back(id);
    return result;
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

namespace {

// One port after the other of the same mark, protocol and address is one member.
void add_member(model::MarkMembers& members, const model::ServiceKey& key) {
    if (!members.empty()) {
        model::MarkMember& last = members.back();
        const bool goes_on = last.mark == key.fwmark && last.protocol == key.protocol && last.address == key.address;
        if (goes_on && last.last_port != 0 && key.port == last.last_port + 1) {
            last.last_port = key.port;
            return;
        }
    }
    members.push_back({.mark = key.fwmark, .protocol = key.protocol, .address = key.address, .first_port = key.port, .last_port = key.port, .source = {}});
}

}  // namespace

model::Cluster cluster_of(const Image& image) {
    model::Cluster cluster{.timeouts = image.timeouts};
    std::set<std::tuple<std::uint32_t, model::Protocol, Address, std::uint32_t, model::ServiceKey>> members;  // any port comes last
    for (std::uint32_t id = 0; id < image.services.size(); ++id) {
        if (!(image.services[id].flags & abi::SERVICE_PRESENT)) continue;
        const model::ServiceKey key = key_of(image.services, id);
        if (is_member(key)) members.emplace(key.fwmark, key.protocol, key.address, key.port == 0 ? 65536u : key.port, key);
        else cluster.services.push_back(service_of(image, id));
    }
    for (const auto& each : members) add_member(cluster.marks, std::get<model::ServiceKey>(each));
    return cluster;
}

}  // namespace lvx::plan
