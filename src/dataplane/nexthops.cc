#include "dataplane/nexthops.hh"

#include <algorithm>
#include <bit>

#include "plan/image.hh"

namespace lvx::dataplane {
namespace {

abi::nexthop entry_of(const net::Way& way) {
    abi::nexthop entry = {.ifindex = way.ifindex, .mtu = way.mtu, .vlan = way.vlan, .flags = abi::NEXTHOP_VALID};
    std::ranges::copy(*way.mac, entry.destination_mac);
    std::ranges::copy(way.source_mac, entry.source_mac);
    return entry;
}

}  // namespace

Nexthops::Nexthops(const Tables& tables, const Grace& grace) : tables_(tables), grace_(grace) {
    for (const abi::server& server : tables_.servers_of(tables_.active_set()))
        if (server.family != 0 && server.nexthop != NEXTHOP_NONE) index_[plan::address_of(server.address)] = server.nexthop;
    const auto entries = tables_.nexthops.all();
    for (std::uint32_t i = 1; i < entries.size(); ++i) {
        if (entries[i].flags == 0) continue;
        entries_.emplace(content_of(entries[i]), i);
        generation_ = std::max(generation_, entries[i].generation);
    }
}

std::uint32_t Nexthops::index_of(const Address& server) const {
    const auto found = index_.find(server);
    return found == index_.end() ? NEXTHOP_NONE : found->second;
}

void Nexthops::set(std::span<const ServerWay> ways) {
    for (const ServerWay& known : ways)
        index_[known.server] = known.way && known.way->mac ? entry_for(entry_of(*known.way)) : NEXTHOP_NONE;
    for (abi::server& row : tables_.servers.all())
        if (row.family != 0) __atomic_store_n(&row.nexthop, index_of(plan::address_of(row.address)), __ATOMIC_RELEASE);
}

Nexthops::Content Nexthops::content_of(abi::nexthop entry) {
    entry.generation = 0;
    return std::bit_cast<Content>(entry);
}

std::uint32_t Nexthops::entry_for(const abi::nexthop& entry) {
    const Content content = content_of(entry);
    if (const auto found = entries_.find(content); found != entries_.end()) return found->second;
    const std::uint32_t index = free_entry();
    if (index == NEXTHOP_NONE) return index;
    abi::nexthop& place = tables_.nexthops[index];
    entries_.erase(content_of(place));
    place = entry;
    place.generation = ++generation_;
    entries_.emplace(content, index);
    return index;
}

std::set<std::uint32_t> Nexthops::named() const {
    std::set<std::uint32_t> result;
    for (const auto& [address, index] : index_) result.insert(index);
    for (const abi::server& row : tables_.servers.all()) result.insert(row.nexthop);
    return result;
}

// Entries no server names are free as soon as no packet under way may use them.
std::uint32_t Nexthops::free_entry() {
    const auto entries = tables_.nexthops.all();
    for (std::uint32_t i = 1; i < entries.size(); ++i)
        if (entries[i].flags == 0) return i;
    const std::set<std::uint32_t> taken = named();
    grace_.wait();
    for (std::uint32_t i = 1; i < entries.size(); ++i)
        if (!taken.contains(i)) return i;
    return NEXTHOP_NONE;
}

}  // namespace lvx::dataplane
