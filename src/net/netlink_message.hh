// rtnetlink messages as events, and events applied to a World: pure functions of bytes and values, so that they can be
// tested from tables and fuzzed.  Messages that say nothing about the World (other tables, bridge port details, cached
// routes) and messages that contradict themselves are no event.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "net/world.hh"

namespace lvx::net {

struct LinkSet { Link link; bool operator==(const LinkSet&) const = default; };
struct LinkGone { std::uint32_t ifindex = 0; bool operator==(const LinkGone&) const = default; };
struct AddressSet { LocalAddress address; bool operator==(const AddressSet&) const = default; };
struct AddressGone { LocalAddress address; bool operator==(const AddressGone&) const = default; };
// `replace`: takes the place of every route to the same destination with the same metric (NLM_F_REPLACE).
struct RouteSet { std::vector<Route> hops; bool replace = false; bool operator==(const RouteSet&) const = default; };
struct RouteGone { std::vector<Route> hops; bool operator==(const RouteGone&) const = default; };
struct NeighbourSet { Neighbour neighbour; bool operator==(const NeighbourSet&) const = default; };
struct NeighbourGone { std::uint32_t ifindex = 0; Address address; bool operator==(const NeighbourGone&) const = default; };

using Event = std::variant<LinkSet, LinkGone, AddressSet, AddressGone, RouteSet, RouteGone, NeighbourSet, NeighbourGone>;

// One whole netlink message, header included, as the kernel delivered it.
[[nodiscard]] std::optional<Event> parse_event(std::span<const std::uint8_t> message);

struct Applied {
    bool changed = false;
    // The kernel drops IPv4 routes without a word when a link goes down or an address goes: routes must be read anew.
    bool routes_uncertain = false;
};

// Keeps addresses, routes and neighbours sorted and unique.
[[nodiscard]] Applied apply(World& world, const Event& event);

}  // namespace lvx::net
