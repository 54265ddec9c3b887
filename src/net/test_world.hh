// Worlds for tests, written down in few words.
#pragma once

#include <string>
#include <string_view>

#include "net/world.hh"

namespace lvx::net::test {

inline Address address(std::string_view text) { return Address::parse(text).value(); }

inline Prefix prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    return {address(text.substr(0, slash)), static_cast<std::uint8_t>(std::stoi(std::string(text.substr(slash + 1))))};
}

inline Mac mac(std::uint8_t last) { return {2, 0, 0, 0, 0, last}; }

inline Link link(std::uint32_t ifindex, std::string name, std::string kind) {
    return {.ifindex = ifindex, .name = std::move(name), .kind = std::move(kind), .mac = mac(static_cast<std::uint8_t>(ifindex)), .up = true};
}

inline Link nic(std::uint32_t ifindex, std::string name, std::string driver) {
    Link result = link(ifindex, std::move(name), "");
    result.driver = std::move(driver);
    return result;
}

inline Link loopback() { return {.ifindex = 1, .name = "lo", .mtu = 65536, .up = true, .loopback = true}; }

inline void add(World& world, const Link& link) { world.links[link.ifindex] = link; }

// An address, and the route to its network.
inline void add_address(World& world, std::uint32_t ifindex, std::string_view text) {
    const Prefix local = prefix(text);
    world.addresses.push_back({ifindex, local.address, local.length});
}

inline void add_route(World& world, std::string_view destination, std::uint32_t ifindex) {
    world.routes.push_back({.destination = prefix(destination), .ifindex = ifindex});
}

inline void add_gateway(World& world, std::string_view destination, std::uint32_t ifindex, std::string_view gateway) {
    world.routes.push_back({.destination = prefix(destination), .ifindex = ifindex, .gateway = address(gateway)});
}

inline void add_neighbour(World& world, std::uint32_t ifindex, std::string_view text, Mac mac, NeighbourState state) {
    world.neighbours.push_back({ifindex, address(text), mac, state});
}

//    client 192.168.88.21 ── 192.168.88.23 eth0 [director] eth1 10.0.0.1 ── 10.0.0.2 10.0.0.3
inline World two_armed() {
    World world;
    add(world, loopback());
    add(world, nic(2, "eth0", "virtio_net"));
    add(world, nic(3, "eth1", "ixgbe"));
    add_address(world, 1, "127.0.0.1/8");
    add_address(world, 2, "192.168.88.23/24");
    add_address(world, 3, "10.0.0.1/24");
    add_route(world, "192.168.88.0/24", 2);
    add_route(world, "10.0.0.0/24", 3);
    add_gateway(world, "0.0.0.0/0", 2, "192.168.88.1");
    add_neighbour(world, 3, "10.0.0.2", mac(0x22), NeighbourState::reachable);
    return world;
}

}  // namespace lvx::net::test
