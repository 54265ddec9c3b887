// The second half of netlink_message.hh: events change a World.
#include <algorithm>
#include <tuple>

#include "net/netlink_message.hh"

namespace lvx::net {

namespace {

auto key_of(const LocalAddress& local) { return std::tuple{local.ifindex, local.address, local.prefix_length}; }
auto key_of(const Route& route) { return std::tuple{route.destination, route.metric, route.ifindex, route.gateway}; }
auto key_of(const Neighbour& neighbour) { return std::tuple{neighbour.ifindex, neighbour.address}; }

template <class T>
bool put(std::vector<T>& sorted, const T& value) {
    const auto place = std::ranges::lower_bound(sorted, key_of(value), {}, [](const T& each) { return key_of(each); });
    if (place == sorted.end() || key_of(*place) != key_of(value)) {
        sorted.insert(place, value);
        return true;
    }
    if (*place == value) return false;
    *place = value;
    return true;
}

template <class T>
bool take(std::vector<T>& sorted, const T& value) {
    const auto place = std::ranges::lower_bound(sorted, key_of(value), {}, [](const T& each) { return key_of(each); });
    if (place == sorted.end() || key_of(*place) != key_of(value)) return false;
    sorted.erase(place);
    return true;
}

Applied change(World& world, const LinkSet& event) {
    Link& link = world.links[event.link.ifindex];
    const bool went_down = link.up && !event.link.up;
    if (link == event.link) return {};
    link = event.link;
    return {.changed = true, .routes_uncertain = went_down};
}

Applied change(World& world, const LinkGone& event) {
    if (world.links.erase(event.ifindex) == 0) return {};
    const auto of_link = [&](const auto& each) { return each.ifindex == event.ifindex; };
    std::erase_if(world.addresses, of_link);
    std::erase_if(world.routes, of_link);
    std::erase_if(world.neighbours, of_link);
    return {.changed = true, .routes_uncertain = true};
}

Applied change(World& world, const AddressSet& event) { return {.changed = put(world.addresses, event.address)}; }

Applied change(World& world, const AddressGone& event) {
    const bool changed = take(world.addresses, event.address);
    return {.changed = changed, .routes_uncertain = changed};
}

bool same_place(const Route& a, const Route& b) { return a.destination == b.destination && a.metric == b.metric; }

Applied change(World& world, const RouteSet& event) {
    bool changed = false;
    if (event.replace && !event.hops.empty()) {
        const Route& first = event.hops.front();
        changed = std::erase_if(world.routes, [&](const Route& each) {
                      return same_place(each, first) && std::ranges::find(event.hops, each) == event.hops.end();
                  }) != 0;
    }
    for (const Route& hop : event.hops) changed = put(world.routes, hop) || changed;
    return {.changed = changed};
}

Applied change(World& world, const RouteGone& event) {
    bool changed = false;
    for (const Route& hop : event.hops) changed = take(world.routes, hop) || changed;
    return {.changed = changed};
}

Applied change(World& world, const NeighbourSet& event) { return {.changed = put(world.neighbours, event.neighbour)}; }

Applied change(World& world, const NeighbourGone& event) {
    return {.changed = take(world.neighbours, Neighbour{.ifindex = event.ifindex, .address = event.address})};
}

}  // namespace

Applied apply(World& world, const Event& event) {
    return std::visit([&](const auto& each) { return change(world, each); }, event);
}

}  // namespace lvx::net
