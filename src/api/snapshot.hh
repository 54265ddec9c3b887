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

// How long a real server took to answer a SYN with a SYN-ACK, of the connections that were timed since the last zero.
struct Answers {
    std::uint64_t timed = 0, average_us = 0, longest_us = 0;  // the average is a moving one
    std::uint64_t total_us = 0;                               // of all that were timed
    bool operator==(const Answers&) const = default;
};

struct ServerSnapshot {
    model::Server server;
    std::uint64_t active = 0, inactive = 0, persistent = 0;
    Traffic counters, rates;
    Answers answers;
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

// One check of one real server.
struct CheckSnapshot {
    std::string pool, server;        // "tcp/192.168.88.23:80" or "group NAME", "10.0.0.2:80"
    std::string kind;                // the block's keyword: "TCP_CHECK", "HTTP_GET"
    std::string target;              // "10.0.0.2:80", "10.0.0.2:80 /health", or a command
    std::string state;               // "up", "down", "waiting" (alpha, or not run yet), "suspended"
    std::string result;              // of the last run: "connected", "connection refused", "status 503, wanted 200-299"
    std::uint64_t since_s = 0;       // seconds in this state
    std::uint64_t next_ms = 0;       // until the next run; 0: running now or waits for something to happen
    std::uint64_t runs = 0, failures = 0;
    std::uint64_t last_us = 0;       // how long the last run took
    bool operator==(const CheckSnapshot&) const = default;
};

// A real server as health sees it.
struct ServerHealthSnapshot {
    std::string pool, server;
    std::string state;               // "up", "down", "inhibited", "maintenance", "ejected", "damped", "standing by"
    std::string reason;              // of the check that decided; empty when up
    std::uint64_t since_s = 0;
    std::uint64_t weight = 0;        // as packets see it
    std::uint64_t silent = 0;        // connections through the director whose handshake stood still, since its start
    std::uint64_t reset = 0;         // that ended by a reset, refused ones included
    Answers answers;                 // of all services of the pool
    bool operator==(const ServerHealthSnapshot&) const = default;
};

struct ChecksSnapshot {
    std::vector<CheckSnapshot> checks;
    std::vector<ServerHealthSnapshot> servers;
    bool operator==(const ChecksSnapshot&) const = default;
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
