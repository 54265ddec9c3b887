// The data plane as the daemon sees it: loaded or adopted, given a cluster, interfaces and ways, read for counters and
// connections.  One-level seam: BpfDataplane is the real one, MemoryDataplane serves tests of the daemon.
#pragma once

#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/director_view.hh"
#include "abi/held.h"
#include "abi/root.h"
#include "base/result.hh"
#include "bpf/table/storage.h"
#include "dataplane/lease.hh"
#include "model/model.hh"
#include "net/world.hh"

namespace lvx::dataplane {

struct Sizes {  // 0 = default: connections from the machine's memory, the others from dataplane/sizes.hh
    std::uint64_t connections = 0;
    std::uint32_t services = 0, servers = 0, pool_words = 0;
    bool operator==(const Sizes&) const = default;
};

struct Options {
    std::string directory = "/sys/fs/bpf/lvx/main";  // pins; made, and bpffs mounted below it, when missing
    Sizes sizes;
};

// What a server's neighbour looks like; `way` without mac or no way at all is an explicit "no neighbour".
struct ServerWay {
    Address server;
    std::optional<net::Way> way;
    bool operator==(const ServerWay&) const = default;
};

// A real server of a service.
struct ServerPlace {
    model::ServiceKey service;
    Endpoint server;
    auto operator<=>(const ServerPlace&) const = default;
};

struct ServerSigns {
    std::uint64_t silent = 0;  // TCP connections whose handshake stood still for three seconds
    std::uint64_t reset = 0;   // that ended by a reset, refused ones included
    bool operator==(const ServerSigns&) const = default;
};

struct ServerTraffic {
    std::uint64_t active = 0, inactive = 0, persistent = 0;
    api::Traffic counters;
    api::Answers answers;
};

struct TableUse {
    std::uint64_t connections = 0, capacity = 0, bytes = 0;  // templates included; bytes: all maps
    std::uint32_t buckets = 0;
};

// A check's connection through a virtual service to one server of it.
struct CheckFlow {
    ServerPlace place;
    Endpoint client;           // who checks
    Endpoint destination;      // the virtual address and the port it connects to
    std::uint32_t ifindex = 0; // the device it comes in by and is answered on
    net::Mac station{};        // on that device
};

// The connection table for whoever keeps it in step with other directors, from a thread of its own.  All of it lives as
// long as the data plane.
struct TableAccess {
    table::table table;
    abi::root* root = nullptr;               // change_feed is the listener's to set
    std::span<abi::mark_line> marks, lines;  // the change feed (abi/connection.h)
    std::function<std::uint32_t()> tick;     // the table's clock; a system call
    std::function<std::uint64_t()> jiffies;  // the same in jiffies
    std::uint32_t tick_us = 0;
    // Held by apply(), and by whoever looks up ids and uses them: an id is not given to another object meanwhile.
    std::mutex* configuration = nullptr;
    const std::atomic<std::uint64_t>* generation = nullptr;  // of apply()
    // Answers that wait for a standby while root.hold_answers says so (abi/held.h); fd: readable when there are some.
    int held_fd = -1;
    std::function<void(const std::function<void(const abi::held_answer&)>&)> take_held;
};

// Of weight 0: a client with a template goes on to such a server, or leaves it (IPVS's expire_quiescent_template).
enum class QuiescentServers : std::uint8_t { followed, left };

class Dataplane {
 public:
    virtual ~Dataplane() = default;

    [[nodiscard]] virtual bool adopted() const = 0;
    // What the adopted tables were configured with; empty cluster otherwise.
    [[nodiscard]] virtual model::Cluster running() const = 0;

    // All or nothing: packets see the cluster before or this one.  Unchanged services keep ids, counters, cursors.
    [[nodiscard]] virtual Result<void> apply(const model::Cluster& cluster) = 0;
    // The same, where only services at these places of `cluster` differ, by their servers alone, from what was applied last:
    // takes the time of what changes, not of all there is.
    [[nodiscard]] virtual Result<void> apply_some(const model::Cluster& cluster, std::span<const std::size_t> changed) = 0;
    // Servers of a service that stand in no list from the next apply on, while connections on them go on; replaces what was
    // said of that service before.
    virtual void keep(const model::ServiceKey& service, std::vector<Endpoint> servers) = 0;
    // Attaches what is new, detaches what is gone, updates what changed; errors name the interface and go on with the rest.
    [[nodiscard]] virtual std::vector<Error> set_interfaces(const std::vector<net::InterfaceChoice>& choices) = 0;
    virtual void set_ways(const std::vector<ServerWay>& ways) = 0;
    // Routes or neighbours of clients changed: ways back are looked up anew.
    virtual void forget_client_ways() = 0;
    // What a template that leads to a server of weight 0 does; kept by the tables that a next daemon adopts.
    virtual void set_templates(QuiescentServers servers) = 0;

    // Frees expired connections in a slice of the table; called every 10 ms, visits the whole table about once a second.
    virtual void sweep() = 0;

    // Counters since the last zero; servers in the cluster's order.
    [[nodiscard]] virtual api::Traffic service_counters(const model::ServiceKey& key) const = 0;
    [[nodiscard]] virtual ServerTraffic server_traffic(const model::ServiceKey& key, const Endpoint& endpoint) const = 0;
    [[nodiscard]] virtual std::vector<api::VerdictSnapshot> verdicts() const = 0;  // those that are not 0
    // Visits live connections from slot `from` on until `visit` says stop; the slot to go on with, or
    // api::end_of_table (0).  So that a table of millions is told in pages (api/director_view.hh).
    [[nodiscard]] virtual std::uint64_t connections(std::uint64_t from, const api::ConnectionVisitor& visit) const = 0;
    // Ends every connection on these servers of these services: a datagram that comes then is scheduled anew, a segment
    // of TCP is nobody's.  One pass over the table; how many there were.
    virtual std::uint64_t end_connections(std::span<const ServerPlace> servers) = 0;
    // What became of handshakes and connections on these servers since the call before, one for each.  One pass over the
    // table; to be called every second or two.
    [[nodiscard]] virtual std::vector<ServerSigns> signs(std::span<const ServerPlace> servers) = 0;
    // Puts a check's connection into the table, before its first packet, and takes it out: from any thread.
    [[nodiscard]] virtual Result<void> begin_check(const CheckFlow&) { return refusal("cannot check through a virtual service", EOPNOTSUPP); }
    [[nodiscard]] virtual bool end_check(const CheckFlow&) { return true; }
    [[nodiscard]] virtual TableUse use() const = 0;
    virtual void zero(const std::optional<model::ServiceKey>& key) = 0;

    // The fence of shared addresses, for the thread that keeps their lease.  Nothing where there are no packets.
    [[nodiscard]] virtual std::optional<Lease> lease() { return std::nullopt; }
    // Nothing where there is no table in memory.
    [[nodiscard]] virtual std::optional<TableAccess> table_access() { return std::nullopt; }

    // Detaches every hook and removes the pins: forwarding ends here.  Without it, destruction leaves forwarding on.
    virtual void stop() = 0;
};

// Loads the programs into new maps, or adopts the pinned ones when schema and sizes fit.  Errors say what to do:
// EPERM (privilege), EOPNOTSUPP (a kernel feature and its version), EEXIST (tables of another schema), EBUSY (another
// XDP program, named), ENOSPC.
[[nodiscard]] Result<std::unique_ptr<Dataplane>> open(const Options& options);

}  // namespace lvx::dataplane
