// What the daemon answers when it is asked: plain values, filled by the daemon, printed by the tool.  The JSON on the
// socket has exactly these names (json.hh turns one into the other and back, both sides use it).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hh"

namespace lvx::api {

// IPVS's five statistics; as rates they are per second, smoothed as IPVS does (2 s samples, r += (sample - r) / 4).
struct Traffic {
    std::uint64_t connections = 0, in_packets = 0, out_packets = 0, in_bytes = 0, out_bytes = 0;
    bool operator==(const Traffic&) const = default;
};

struct ServerSnapshot {
    model::Server server;
    std::uint64_t active = 0, inactive = 0, persistent = 0;
    Traffic counters, rates;
    std::string neighbour;  // "52:54:00:12:34:56 on eth1", or why there is none: "no answer to ARP on eth1", "no route"
    bool operator==(const ServerSnapshot&) const = default;
};

struct ServiceSnapshot {
    model::Service service;  // `servers` empty; they are below, in the order added
    std::vector<ServerSnapshot> servers;
    Traffic counters, rates;
    bool operator==(const ServiceSnapshot&) const = default;
};

struct ServicesSnapshot {
    std::uint32_t table_size = 0;  // what "size=" of ipvsadm shows: buckets of the connection table
    model::Timeouts timeouts;
    std::vector<ServiceSnapshot> services;
    bool operator==(const ServicesSnapshot&) const = default;
};

struct ConnectionSnapshot {
    model::Protocol protocol = model::Protocol::tcp;
    std::string state;  // IPVS's word: "ESTABLISHED", "UDP"
    std::uint32_t expires_s = 0;
    Endpoint client, virtual_service, server;
    bool operator==(const ConnectionSnapshot&) const = default;
};

struct VerdictSnapshot {
    std::string name, kind, sentence;  // of abi/verdict.h
    std::string interface;
    std::uint64_t packets = 0, bytes = 0;
    bool operator==(const VerdictSnapshot&) const = default;
};

struct InterfaceSnapshot {
    std::string name;
    std::uint32_t ifindex = 0;
    std::string hook;    // "xdp native", "xdp generic", "tc ingress", "none"
    std::string reason;  // "driver virtio_net has native XDP", "veth carries super-frames", "forced by --hook xdp"
    std::string role;    // "virtual 192.168.88.23", "route to 10.0.0.2", both joined with ", "
    std::string mac;
    std::uint32_t mtu = 0;
    std::uint64_t packets = 0, sent = 0, dropped = 0;
    bool operator==(const InterfaceSnapshot&) const = default;
};

struct StatusSnapshot {
    std::string version, kernel, instance;
    std::uint64_t pid = 0, uptime_s = 0;
    std::string configuration_file, configuration_state;  // state: "loaded", "none", or the first error of a refused reload
    std::uint64_t generation = 0;                         // changes applied since start
    bool adopted = false;                                 // tables of an earlier daemon were taken over
    std::uint64_t connections = 0, capacity = 0, table_bytes = 0;
    std::uint64_t services = 0, servers = 0, interfaces = 0;
    std::uint64_t packets = 0, sent = 0, dropped = 0;
    std::vector<std::string> problems;  // sentences; empty when all is well
    bool operator==(const StatusSnapshot&) const = default;
};

}  // namespace lvx::api
