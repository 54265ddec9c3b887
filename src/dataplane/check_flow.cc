#include "dataplane/check_flow.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "bpf/table/insert.h"
#include "bpf/table/remove.h"
#include "bpf/table/tcp_state.h"
#include "bpf/table/template.h"
#include "plan/image.hh"

namespace lvx::dataplane {
namespace {

std::uint16_t network_order(Port port) { return static_cast<std::uint16_t>(port << 8 | port >> 8); }

table::lookup lookup_of(const CheckFlow& flow, std::uint32_t set, std::uint32_t tick) {
    table::lookup lookup{};
    lookup.client = plan::abi_address(flow.client.address);
    lookup.other = plan::abi_address(flow.destination.address);
    lookup.client_port = network_order(flow.client.port);
    lookup.other_port = network_order(flow.destination.port);
    lookup.protocol = static_cast<std::uint8_t>(flow.place.service.protocol);
    lookup.now = tick;
    lookup.set = set;
    return lookup;
}

std::uint8_t first_state(const abi::server& server, model::Protocol protocol) {
    const std::uint32_t direction = server.method == abi::METHOD_masq ? table::FLOW_input : table::FLOW_input_only;
    return static_cast<std::uint8_t>(table::flow_next(direction, protocol == model::Protocol::tcp ? table::FLOW_syn : table::FLOW_datagram, STATE_none));
}

}  // namespace

Result<void> insert_check(const table::table& table, const CheckFlow& flow, const CheckFlowIds& ids) {
    const abi::service* service = table::table_service(&table, ids.set, ids.service);
    const abi::server* server = table::table_server(&table, ids.set, ids.server);
    const std::string doing = fmt::format("cannot lead a check of {} through {}", flow.place.server.text(), flow.place.service.text());
    if (service == nullptr || server == nullptr || !(server->flags & abi::SERVER_AVAILABLE)) return refusal(doing, ENOENT, "the data plane does not have that server yet");
    // What an earlier check left on this port.
    remove_check(table, flow, ids.set, ids.tick);
    table::lookup lookup = lookup_of(flow, ids.set, ids.tick);
    lookup.hash = table::hash_client(&table, &lookup.client, lookup.client_port, lookup.protocol);
    const std::uint8_t state = first_state(*server, flow.place.service.protocol);
    table::opening opening{};
    opening.service = ids.service;
    opening.server = ids.server;
    opening.server_port = table::led_to_port(service, server, lookup.other_port);
    opening.state = state;
    opening.timeout = service->timeout_ticks[state % STATE_LIMIT];
    opening.return_ifindex = flow.ifindex;
    opening.return_generation = ids.client_generation;
    std::ranges::copy(flow.station, opening.return_mac);
    const int slot = table::table_insert(&table, &lookup, &opening);
    if (slot == table::TABLE_FULL) return refusal(doing, ENOSPC, "the connection table is full");
    if (slot < 0 || opening.existed) return refusal(doing, EADDRINUSE, "another check of this server uses this port");
    return {};
}

void remove_check(const table::table& table, const CheckFlow& flow, std::uint32_t set, std::uint32_t tick) {
    constexpr int tries = 8;  // a packet of the connection may change it while we look
    for (int tried = 0; tried < tries; ++tried) {
        table::lookup lookup = lookup_of(flow, set, tick);
        const int slot = table::table_find_request(&table, &lookup);
        if (slot < 0) return;
        if (table::table_remove(&table, static_cast<std::uint32_t>(slot), lookup.control, set, tick) == 1) return;
    }
}

}  // namespace lvx::dataplane
