#include "plan/marks.hh"

#include <fmt/format.h>

#include <cerrno>
#include <tuple>

namespace lvx::plan {

bool same_packets(const model::MarkMember& a, const model::MarkMember& b) {
    return std::tie(a.mark, a.protocol, a.address, a.first_port, a.last_port) == std::tie(b.mark, b.protocol, b.address, b.first_port, b.last_port);
}

Result<MarkedPackets> MarkedPackets::of(const model::Cluster& cluster) {
    std::size_t rows = 0;
    for (const model::MarkMember& member : cluster.marks) rows += model::rows_of(member);
    if (rows > model::MARK_ROW_LIMIT)
        return refusal(fmt::format("cannot place the packets of firewall marks: they are of {} ports, {} are the most", rows, model::MARK_ROW_LIMIT),
                       ENOSPC, "name any port, or fewer");
    MarkedPackets result;
    for (const model::Service& service : cluster.services)
        if (service.key.fwmark != 0) result.served_.insert(service.key);
    for (const model::MarkMember& member : cluster.marks) result.claim(member);
    return result;
}

void MarkedPackets::claim(const model::MarkMember& member) {
    Claims& claims = claims_[{member.protocol, member.address}];
    if (claims.any) return;  // it was said of every port
    if (model::is_any_port(member)) {
        claims.any = member.mark;
        return;
    }
    for (std::uint32_t port = member.first_port; port <= member.last_port; ++port)
        claims.exact.emplace(static_cast<Port>(port), member.mark);
}

bool MarkedPackets::is_served(std::uint32_t mark, const Address& address) const {
    return served_.contains(model::mark_key(mark, address.family()));
}

std::vector<model::ServiceKey> MarkedPackets::rows() const {
    std::vector<model::ServiceKey> result;
    for (const auto& [destination, claims] : claims_) {
        const auto& [protocol, address] = destination;
        for (const auto& [port, mark] : claims.exact)
            if (is_served(mark, address)) result.push_back({.protocol = protocol, .address = address, .port = port, .fwmark = mark});
        if (claims.any && is_served(*claims.any, address))
            result.push_back({.protocol = protocol, .address = address, .port = 0, .fwmark = *claims.any});
    }
    return result;
}

std::optional<model::ServiceKey> MarkedPackets::row_of(const model::ServiceKey& key) const {
    const auto found = claims_.find({key.protocol, key.address});
    if (found == claims_.end()) return std::nullopt;
    const auto exact = found->second.exact.find(key.port);
    const bool named = exact != found->second.exact.end();
    if (!named && !found->second.any) return std::nullopt;
    const std::uint32_t mark = named ? exact->second : *found->second.any;
    if (!is_served(mark, key.address)) return std::nullopt;
    return model::ServiceKey{.protocol = key.protocol, .address = key.address, .port = named ? key.port : Port{0}, .fwmark = mark};
}

std::vector<model::ServiceKey> MarkedPackets::holes() const {
    std::vector<model::ServiceKey> result;
    for (const auto& [destination, claims] : claims_) {
        const auto& [protocol, address] = destination;
        if (!claims.any || !is_served(*claims.any, address)) continue;
        for (const auto& [port, mark] : claims.exact)
            if (!is_served(mark, address)) result.push_back({.protocol = protocol, .address = address, .port = port});
    }
    return result;
}

}  // namespace lvx::plan
