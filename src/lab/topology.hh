// A laboratory network written down: nodes, their devices, the wires between them.  Plain values; nothing is built
// here.  cables_of() says which veth pairs the description stands for, or what is wrong with it.
//
// A wire with two ends is one veth pair.  A wire that is named in `switches` is a bridge in a namespace of its own,
// and every device on it has its other end there as a port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hh"
#include "base/result.hh"
#include "net/world.hh"

namespace lvx::lab {

using net::Prefix;

struct Device {
    std::string name;  // as the node sees it: "eth0"
    std::string wire;
    std::vector<Prefix> addresses;
    std::uint32_t mtu = 1500;
    bool operator==(const Device&) const = default;
};

struct Route {
    Prefix destination;
    Address gateway;
    bool operator==(const Route&) const = default;
};

enum class NodeKind : std::uint8_t { endpoint, router };  // a router forwards; directors are routers

struct Node {
    std::string name;
    NodeKind kind = NodeKind::endpoint;
    std::vector<Device> devices;
    std::vector<Route> routes;
    bool operator==(const Node&) const = default;
};

// Transmit checksums of end points.  A program at XDP on a veth sees what was left to hardware as a wrong checksum,
// so laboratories for XDP let the sender compute it; at tc and for plain routing it may stay partial, which also
// keeps super-frames.
enum class Offload : std::uint8_t { off, on };

struct Topology {
    std::vector<Node> nodes;
    std::vector<std::string> switches;  // names of wires that are bridges
    Offload offload = Offload::off;
    bool operator==(const Topology&) const = default;

    [[nodiscard]] const Node* find(std::string_view node) const;
};

struct End {
    std::string node;  // or the switch
    std::string device;
    bool port = false;     // of a switch
    bool gro = false;      // the veth needs NAPI: frames redirected by XDP arrive nowhere else
    bool checksums = true; // transmit checksums may be left to the device
    bool operator==(const End&) const = default;
};

struct Cable {
    End near, far;
    std::uint32_t mtu = 1500;
    bool operator==(const Cable&) const = default;
};

[[nodiscard]] Result<std::vector<Cable>> cables_of(const Topology& topology);

// "10.0.0.1/24", "fd00::1/64".  Only for addresses written in the source: wrong text is a defect of ours.
[[nodiscard]] Prefix prefix(std::string_view text);
[[nodiscard]] Address address(std::string_view text);

}  // namespace lvx::lab
