#include "config/ipvsadm/order.hh"

#include <compare>
#include <cstdint>

namespace lvx::config::ipvsadm {
namespace {

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int compare_addresses(const Address& a, const Address& b) {
    if (a.family() != b.family()) return sign(a.family() <=> b.family());
    if (!a.is_v4()) return sign(a.mapped() <=> b.mapped());
    return sign(static_cast<std::int32_t>(a.v4_value() - b.v4_value()) <=> 0);
}

}  // namespace

int compare(const Endpoint& a, const Endpoint& b) {
    const int addresses = compare_addresses(a.address, b.address);
    return addresses != 0 ? addresses : sign(a.port <=> b.port);
}

int compare(const model::ServiceKey& a, const model::ServiceKey& b) {
    if (a.fwmark != b.fwmark) return sign(a.fwmark <=> b.fwmark);
    if (a.family() != b.family()) return sign(a.family() <=> b.family());
    if (a.protocol != b.protocol) return sign(a.protocol <=> b.protocol);
    return compare(Endpoint{a.address, a.port}, Endpoint{b.address, b.port});
}

std::vector<model::Service> sorted(std::vector<model::Service> services) {
    return sorted_by(std::move(services), [](const model::Service& one) -> const model::ServiceKey& { return one.key; });
}

std::vector<model::Server> sorted(std::vector<model::Server> servers) {
    return sorted_by(std::move(servers), [](const model::Server& one) -> const Endpoint& { return one.endpoint; });
}

}  // namespace lvx::config::ipvsadm
