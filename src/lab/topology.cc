#include "lab/topology.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/ensure.hh"

namespace lvx::lab {
namespace {

constexpr std::size_t device_name_limit = 15;  // IFNAMSIZ without its zero

struct Attachment {
    const Node* node;
    const Device* device;
};

std::optional<std::string> name_problem(const Topology& topology) {
    std::set<std::string_view> names(topology.switches.begin(), topology.switches.end());
    if (names.size() != topology.switches.size()) return "two switches have one name";
    for (const Node& node : topology.nodes) {
        if (node.name.empty() || node.name.contains('/')) return fmt::format("\"{}\" is no name for a node", node.name);
        if (!names.insert(node.name).second) return fmt::format("two nodes are called {}", node.name);
        std::set<std::string_view> devices;
        for (const Device& device : node.devices) {
            const bool fits = !device.name.empty() && device.name.size() <= device_name_limit;
            if (!fits) return fmt::format("\"{}\" of {} is no name for a device", device.name, node.name);
            if (!devices.insert(device.name).second) return fmt::format("{} has two devices {}", node.name, device.name);
        }
    }
    return std::nullopt;
}

std::vector<std::string> wires_of(const Topology& topology) {
    std::vector<std::string> wires;
    for (const Node& node : topology.nodes) {
        for (const Device& device : node.devices) {
            if (std::ranges::find(wires, device.wire) == wires.end()) wires.push_back(device.wire);
        }
    }
    return wires;
}

std::vector<Attachment> attached_to(const Topology& topology, std::string_view wire) {
    std::vector<Attachment> found;
    for (const Node& node : topology.nodes) {
        for (const Device& device : node.devices) {
            if (device.wire == wire) found.push_back({&node, &device});
        }
    }
    return found;
}

End end_of(const Topology& topology, const Attachment& here, bool beside_router) {
    const bool endpoint = here.node->kind == NodeKind::endpoint;
    return {.node = here.node->name,
            .device = here.device->name,
            .port = false,
            .gro = beside_router,
            .checksums = !endpoint || topology.offload == Offload::on};
}

Cable direct(const Topology& topology, const Attachment& one, const Attachment& other) {
    return {.near = end_of(topology, one, other.node->kind == NodeKind::router),
            .far = end_of(topology, other, one.node->kind == NodeKind::router),
            .mtu = std::min(one.device->mtu, other.device->mtu)};
}

Cable through_port(const Topology& topology, const Attachment& one, std::size_t number) {
    const End port{.node = one.device->wire,
                   .device = fmt::format("port{}", number),
                   .port = true,
                   .gro = one.node->kind == NodeKind::router};
    return {.near = end_of(topology, one, false), .far = port, .mtu = one.device->mtu};
}

}  // namespace

const Node* Topology::find(std::string_view node) const {
    const auto found = std::ranges::find(nodes, node, &Node::name);
    return found == nodes.end() ? nullptr : &*found;
}

Result<std::vector<Cable>> cables_of(const Topology& topology) {
    if (const auto problem = name_problem(topology)) return refusal("cannot lay cables: " + *problem, 0);
    std::vector<Cable> cables;
    for (const std::string& wire : wires_of(topology)) {
        const std::vector<Attachment> ends = attached_to(topology, wire);
        if (std::ranges::find(topology.switches, wire) != topology.switches.end()) {
            for (std::size_t i = 0; i < ends.size(); ++i) cables.push_back(through_port(topology, ends[i], i + 1));
        } else if (ends.size() == 2) {
            cables.push_back(direct(topology, ends[0], ends[1]));
        } else {
            return refusal(fmt::format("cannot lay cables: wire {} has {} ends and is no switch", wire, ends.size()), 0);
        }
    }
    return cables;
}

Prefix prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    ensure(slash != std::string_view::npos);
    std::uint8_t length = 0;
    const std::string_view digits = text.substr(slash + 1);
    ensure(std::from_chars(digits.data(), digits.data() + digits.size(), length).ec == std::errc{});
    return {address(text.substr(0, slash)), length};
}

Address address(std::string_view text) {
    const std::optional<Address> parsed = Address::parse(text);
    ensure(parsed.has_value());
    return *parsed;
}

}  // namespace lvx::lab
