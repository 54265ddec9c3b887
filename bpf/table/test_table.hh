// A connection table in ordinary memory, with a few services and servers, and packets to try it with.
//
//   service i   192.0.2.(1 + i / 2), port 80 + i % 2          two addresses, two ports each, by default
//   server j    10.0.0.(1 + j / services) port 8080           each address serves every service, under
//   another id
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bpf/table/sweep.h"

namespace lvx::table {

struct TableShape {
    std::uint32_t buckets = 1024;
    std::uint32_t services = 4;
    std::uint32_t servers_each = 4;
    std::uint64_t seed = 1;
};

inline abi::address mapped(std::uint32_t host_order) {
    abi::address address{};
    address.bytes[10] = address.bytes[11] = 0xff;
    address.words[3] = __builtin_bswap32(host_order);
    return address;
}

// For reproducible seeds of 64 good bits each.
inline std::uint64_t splitmix(std::uint64_t& state) {
    std::uint64_t mixed = state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

class TestTable {
 public:
    explicit TestTable(const TableShape& shape)
        : shape_(shape),
          tags_(shape.buckets),
          slots_(std::size_t{shape.buckets} * SLOTS_PER_BUCKET),
          services_(std::size_t{shape.services} * CONFIGURATION_SETS),
          servers_(std::size_t{shape.services} * shape.servers_each * CONFIGURATION_SETS),
          loads_(std::size_t{shape.services} * shape.servers_each) {
        std::uint64_t state = shape.seed;
        table_ = {.tags = tags_.data(),
                  .slots = slots_.data(),
                  .services = services_.data(),
                  .servers = servers_.data(),
                  .loads = loads_.data(),
                  .seed = {splitmix(state), splitmix(state)},
                  .buckets = shape.buckets,
                  .max_services = shape.services,
                  .max_servers = server_count(),
                  .zero = 0};
        for (std::uint32_t id = 0; id < shape.services; ++id)
            fill_service(id);
        for (std::uint32_t id = 0; id < server_count(); ++id)
            fill_server(id);
    }

    // Not copied: `table_` points into the vectors, whose memory a move keeps.
    TestTable(TestTable&&) = default;
    TestTable& operator=(TestTable&&) = default;

    const table* get() const { return &table_; }
    std::uint32_t server_count() const { return shape_.services * shape_.servers_each; }
    std::uint32_t slot_count() const { return shape_.buckets * SLOTS_PER_BUCKET; }
    abi::service& service(std::uint32_t id) { return services_[id]; }
    abi::server& server(std::uint32_t id) { return servers_[id]; }
    abi::server_load& load(std::uint32_t id) { return loads_[id]; }
    abi::connection& slot(std::uint32_t index) { return slots_[index]; }
    abi::tag_line& line(std::uint32_t bucket) { return tags_[bucket]; }
    // Server number `place` of a service; the same place of another service has the same address.
    std::uint32_t server_of(std::uint32_t service_id, std::uint32_t place) const {
        return service_id * shape_.servers_each + place;
    }

    lookup request(const abi::address& client, std::uint16_t port, std::uint8_t protocol,
                   std::uint32_t service_id, std::uint32_t now) const {
        const abi::service& service = services_[service_id];
        return {.client = client,
                .other = service.address,
                .client_port = port,
                .other_port = service.port,
                .protocol = protocol,
                .flags = 0,
                .zero = {},
                .now = now,
                .set = 0,
                .hash = 0,
                .control = 0};
    }
    lookup reply(const abi::address& client, std::uint16_t port, std::uint8_t protocol,
                 std::uint32_t server_id, std::uint32_t now) const {
        const abi::server& server = servers_[server_id];
        return {.client = client,
                .other = server.address,
                .client_port = port,
                .other_port = server.port,
                .protocol = protocol,
                .flags = 0,
                .zero = {},
                .now = now,
                .set = 0,
                .hash = 0,
                .control = 0};
    }
    opening to(std::uint32_t service_id, std::uint32_t server_id, std::uint8_t state) const {
        return {.service = service_id,
                .server = server_id,
                .server_port = servers_[server_id].port,
                .state = state,
                .existed = 0,
                .timeout = services_[service_id].timeout_ticks[state],
                .return_ifindex = 7,
                .return_generation = 0,
                .return_mac = {2, 0, 0, 0, 0, 1},
                .return_vlan = 0};
    }

 private:
    void fill_service(std::uint32_t id) {
        abi::service& service = services_[id];
        service.address = mapped(0xc0000201 + id / 2);
        service.port = __builtin_bswap16(static_cast<std::uint16_t>(80 + id % 2));
#define X(name, word, seconds, active) service.timeout_ticks[STATE_##name] = seconds;
        CONNECTION_STATES(X)
#undef X
        services_[shape_.services + id] = service;
    }
    void fill_server(std::uint32_t id) {
        abi::server& server = servers_[id];
        server.address = mapped(0x0a000001 + id % shape_.servers_each);
        server.port = __builtin_bswap16(8080);
        server.service = id / shape_.servers_each;
        servers_[server_count() + id] = server;
    }

    TableShape shape_;
    std::vector<abi::tag_line> tags_;
    std::vector<abi::connection> slots_;
    std::vector<abi::service> services_;
    std::vector<abi::server> servers_;
    std::vector<abi::server_load> loads_;
    table table_{};
};

// What the gauges should say, counted from the slots; also that every live slot is tagged and no other is.
struct Recount {
    std::vector<abi::server_load> loads;
    std::uint32_t live = 0, claimed = 0, wrong_tags = 0;
};

inline Recount recount(TestTable& table) {
    Recount result{.loads = std::vector<abi::server_load>(table.server_count())};
    for (std::uint32_t index = 0; index < table.slot_count(); ++index) {
        const abi::connection& slot = table.slot(index);
        const std::uint32_t lane = index % SLOTS_PER_BUCKET;
        const std::uint16_t tag = table.line(index / SLOTS_PER_BUCKET).tags[lane / 2 + lane % 2 * 4];
        const bool live = control_status(slot.control) == SLOT_live;
        const std::uint64_t hash = hash_client(table.get(), &slot.client, slot.client_port, slot.protocol);
        if (tag != (live ? hash_tag(hash) : 0)) ++result.wrong_tags;
        if (control_status(slot.control) == SLOT_claimed) ++result.claimed;
        if (!live) continue;
        ++result.live;
        if (slot.flags & CONNECTION_TEMPLATE) {
            ++result.loads[slot.server].persistent;
            continue;
        }
        ++result.loads[slot.server].total;
        result.loads[slot.server].active += state_active(control_state(slot.control));
    }
    return result;
}

}  // namespace lvx::table
