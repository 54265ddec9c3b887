#include "support/shapes.hh"

#include <utility>

#include "lab/classic.hh"

namespace lvx::cluster {

using lab::address;
using lab::Device;
using lab::Node;
using lab::NodeKind;
using lab::prefix;
using lab::Prefix;
using lab::Topology;

namespace {

constexpr const char* everywhere = "0.0.0.0/0";

Device device(std::string name, std::string wire, std::vector<Prefix> addresses) {
    return {.name = std::move(name), .wire = std::move(wire), .addresses = std::move(addresses)};
}

Device narrow_device(std::string name, std::string wire, std::vector<Prefix> addresses) {
    Device result = device(std::move(name), std::move(wire), std::move(addresses));
    result.mtu = narrow_mtu;
    return result;
}

}  // namespace

Topology one_armed(lab::Offload offload) {
    Topology topology = lab::classic::topology(offload);
    for (Node& node : topology.nodes) {
        for (Device& each : node.devices) each.wire = "switch";
        if (node.name != "director") continue;
        Device& only = node.devices.front();
        const Device& other = node.devices.back();
        only.addresses.insert(only.addresses.end(), other.addresses.begin(), other.addresses.end());
        node.devices.pop_back();
    }
    return topology;
}

Topology narrow(lab::Offload offload) {
    return {
        .nodes = {
            {"client", NodeKind::endpoint, {device("eth0", "a", {prefix("192.168.87.21/24")})},
             {{prefix(everywhere), address("192.168.87.1")}}},
            {"edge1", NodeKind::router,
             {device("eth0", "a", {prefix("192.168.87.1/24")}), narrow_device("eth1", "b", {prefix("172.16.1.1/24")})},
             {{prefix(everywhere), address("172.16.1.2")}}},
            {"edge2", NodeKind::router,
             {narrow_device("eth0", "b", {prefix("172.16.1.2/24")}), device("eth1", "c", {prefix("192.168.88.1/24")})},
             {{prefix("192.168.87.0/24"), address("172.16.1.1")}}},
            {"director", NodeKind::router,
             {device("eth0", "c", {prefix("192.168.88.23/24")}), device("eth1", "d", {prefix("10.0.9.1/24")})},
             {{prefix("192.168.87.0/24"), address("192.168.88.1")}, {prefix("172.16.1.0/24"), address("192.168.88.1")},
              {prefix("10.0.0.0/24"), address("10.0.9.2")}, {prefix("172.16.2.0/24"), address("10.0.9.2")}}},
            {"core1", NodeKind::router,
             {device("eth0", "d", {prefix("10.0.9.2/24")}), narrow_device("eth1", "e", {prefix("172.16.2.1/24")})},
             {{prefix("10.0.0.0/24"), address("172.16.2.2")}, {prefix(everywhere), address("10.0.9.1")}}},
            {"core2", NodeKind::router,
             {narrow_device("eth0", "e", {prefix("172.16.2.2/24")}), device("eth1", "f", {prefix("10.0.0.1/24")})},
             {{prefix(everywhere), address("172.16.2.1")}}},
            {"server1", NodeKind::endpoint, {device("eth0", "f", {prefix("10.0.0.2/24")})},
             {{prefix(everywhere), address("10.0.0.1")}}},
        },
        .switches = {},
        .offload = offload,
    };
}

}  // namespace lvx::cluster
