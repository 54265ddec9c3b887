// What the machine's network looks like, as plain values, and what follows from it, as pure functions: which
// interfaces must carry the data plane, by which hook, and which next hop leads to a real server.  The netlink
// watcher (watcher.hh) keeps a World current; tests write one down.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hh"

namespace lvx::net {

using Mac = std::array<std::uint8_t, 6>;

struct Link {
    std::uint32_t ifindex = 0;
    std::string name;
    std::string kind;    // IFLA_INFO_KIND: "veth", "tun", "bridge", "vlan", "bond", ""; "" for hardware
    std::string driver;  // ethtool driver name: "virtio_net"
    Mac mac{};
    std::uint32_t mtu = 1500;
    bool up = false, loopback = false;
    std::uint32_t lower = 0;   // IFLA_LINK of a vlan or macvlan in this namespace, else 0
    std::uint32_t master = 0;  // bridge or bond it is a port of, else 0
    std::uint16_t vlan = 0;    // VID of kind "vlan"
    bool operator==(const Link&) const = default;
};

struct Prefix {
    Address address;
    std::uint8_t length = 0;
    auto operator<=>(const Prefix&) const = default;
};

struct LocalAddress {
    std::uint32_t ifindex = 0;
    Address address;
    std::uint8_t prefix_length = 32;
    bool operator==(const LocalAddress&) const = default;
};

// A unicast route of the main table.
struct Route {
    Prefix destination;
    std::uint32_t ifindex = 0;
    std::optional<Address> gateway;
    std::uint32_t metric = 0;
    std::uint32_t mtu = 0;  // 0: the link's
    bool operator==(const Route&) const = default;
};

enum class NeighbourState : std::uint8_t { incomplete, reachable, stale, delay, probe, failed, noarp, permanent };

struct Neighbour {
    std::uint32_t ifindex = 0;
    Address address;
    Mac mac{};
    NeighbourState state = NeighbourState::incomplete;
    bool operator==(const Neighbour&) const = default;
};

struct World {
    std::map<std::uint32_t, Link> links;  // by ifindex
    std::vector<LocalAddress> addresses;
    std::vector<Route> routes;
    std::vector<Neighbour> neighbours;
    bool operator==(const World&) const = default;
};

// Way to one address: over which device (below a VLAN device: the device and the tag), to which neighbour.
struct Way {
    std::uint32_t ifindex = 0;         // device frames leave by
    std::uint32_t route_ifindex = 0;   // device the route names (the VLAN device); where the neighbour entry lives
    std::uint16_t vlan = 0;
    std::uint32_t mtu = 1500;
    Mac source_mac{};
    Address neighbour;                 // gateway or the address itself
    std::optional<Mac> mac;            // of the neighbour when it is usable
    bool operator==(const Way&) const = default;
};

// Longest prefix, then smallest metric; a local address or no route: nullopt.
[[nodiscard]] std::optional<Way> way_to(const World& world, const Address& address);

enum class Hook : std::uint8_t { automatic, xdp_native, xdp_generic, tc };

// An operator's word on an interface: "--interface eth0", "--interface eth0=tc".
struct InterfaceRequest {
    std::string name;
    Hook hook = Hook::automatic;
    bool operator==(const InterfaceRequest&) const = default;
};

struct InterfaceChoice {
    std::uint32_t ifindex = 0;
    std::string name;
    Hook hook = Hook::tc;  // never automatic
    std::string reason;    // why this hook: "veth carries super-frames"
    std::string role;      // "virtual 192.168.88.23", "route to 10.0.0.2"
    Mac mac{};
    std::uint32_t mtu = 0;
    bool operator==(const InterfaceChoice&) const = default;
};

struct InterfacePlan {
    std::vector<InterfaceChoice> choices;  // by ifindex
    std::vector<std::string> problems;     // "no interface carries 192.168.88.23", "10.0.0.9: no route", "eth7: no such interface"
    bool operator==(const InterfacePlan&) const = default;
};

// Interfaces that carry a virtual address, have a route towards one, or lead to a real server, found from addresses
// and routes; when `requests` names any, exactly those.  Frames for a VLAN device are met on the device below it.
// Nobody misses those of `moving`, which virtual routers take and release.  `forced` other than automatic overrides every automatic choice.
[[nodiscard]] InterfacePlan choose_interfaces(const World& world, const std::vector<Address>& virtual_addresses,
                                              const std::set<Address>& moving, const std::vector<Address>& real_servers,
                                              const std::vector<InterfaceRequest>& requests, Hook forced);

[[nodiscard]] std::optional<Hook> hook_from_text(std::string_view text);  // "auto", "xdp", "xdp-generic", "tc"
[[nodiscard]] std::string_view hook_text(Hook hook);

}  // namespace lvx::net
