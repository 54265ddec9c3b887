#include "net/way_finder.hh"

#include <algorithm>

namespace lvx::net {

namespace {

constexpr std::uint8_t mapped_bits = 96;  // an IPv4 address is the last 32 of 128 bits

bool has_usable_mac(const Neighbour& neighbour) {
    switch (neighbour.state) {
        case NeighbourState::reachable:
        case NeighbourState::stale:
        case NeighbourState::delay:
        case NeighbourState::probe:
        case NeighbourState::permanent:
            return neighbour.mac != Mac{};
        case NeighbourState::incomplete:
        case NeighbourState::failed:
        case NeighbourState::noarp:
            return false;
    }
    return false;
}

const Link* usable_link(const World& world, std::uint32_t ifindex) {
    const auto found = world.links.find(ifindex);
    return found != world.links.end() && found->second.up ? &found->second : nullptr;
}

std::uint32_t mtu_of(const Route& route, const Link& link) {
    return route.mtu == 0 ? link.mtu : std::min(route.mtu, link.mtu);
}

// The device frames of `link` leave by: itself, or the one below a VLAN device.
const Link* frame_device(const World& world, const Link& link) {
    return link.kind == "vlan" ? usable_link(world, link.lower) : &link;
}

}  // namespace

Prefix prefix_of(const Address& address, std::uint8_t length) {
    std::array<std::uint8_t, 16> bytes = address.mapped();
    const unsigned bits = address.is_v4() ? mapped_bits + length : length;
    for (unsigned i = 0; i < bytes.size(); ++i) {
        const unsigned kept = std::clamp(bits, 8 * i, 8 * i + 8) - 8 * i;
        bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00u >> kept));
    }
    return {address.is_v4() ? Address::from_mapped(bytes) : Address::v6(bytes), length};
}

WayFinder::WayFinder(const World& world) : world_(world) {
    for (const LocalAddress& local : world.addresses) local_.insert(local.address);
    for (const Neighbour& neighbour : world.neighbours)
        neighbours_.emplace(std::pair{neighbour.ifindex, neighbour.address}, &neighbour);
    for (const Route& route : world.routes) {
        if (usable_link(world, route.ifindex) == nullptr) continue;
        const auto [place, added] = routes_.emplace(route.destination, &route);
        if (!added && route.metric < place->second->metric) place->second = &route;
        lengths_.emplace(route.destination.address.family(), route.destination.length);
    }
}

const Route* WayFinder::route_to(const Address& address) const {
    for (const auto& [family, length] : lengths_) {
        if (family != address.family()) continue;
        const auto found = routes_.find(prefix_of(address, length));
        if (found != routes_.end()) return found->second;
    }
    return nullptr;
}

std::optional<Mac> WayFinder::mac_of(std::uint32_t ifindex, const Address& neighbour) const {
    const auto found = neighbours_.find({ifindex, neighbour});
    if (found == neighbours_.end() || !has_usable_mac(*found->second)) return std::nullopt;
    return found->second->mac;
}

std::optional<Way> WayFinder::to(const Address& address) const {
    if (is_local(address)) return std::nullopt;
    const Route* route = route_to(address);
    if (route == nullptr) return std::nullopt;
    const Link& link = world_.links.at(route->ifindex);
    const Link* device = frame_device(world_, link);
    if (link.loopback || device == nullptr) return std::nullopt;

    const Address neighbour = route->gateway.value_or(address);
    return Way{.ifindex = device->ifindex,
               .route_ifindex = link.ifindex,
               .vlan = link.vlan,
               .mtu = mtu_of(*route, link),
               .source_mac = link.mac,
               .neighbour = neighbour,
               .mac = mac_of(link.ifindex, neighbour)};
}

std::optional<Way> way_to(const World& world, const Address& address) { return WayFinder(world).to(address); }

}  // namespace lvx::net
