#include "plan/part.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <ranges>

#include "abi/state.h"

namespace lvx::plan {
namespace {

constexpr unsigned mapped_bits = 96;  // of ::ffff:0:0/96, before an IPv4 address

std::uint16_t network_order(Port port) { return static_cast<std::uint16_t>(port << 8 | port >> 8); }

// At least the seconds asked for: a tick that has begun does not count.
std::uint32_t ticks(std::chrono::seconds time, const Running& running) {
    const auto tick = std::uint64_t{1} << running.tick_shift;
    const auto jiffies = static_cast<std::uint64_t>(time.count()) * running.hertz;
    return static_cast<std::uint32_t>(std::max<std::uint64_t>((jiffies + tick - 1) / tick, 1));
}

abi::service header(const model::Service& service, const model::Timeouts& timeouts, const Running& running) {
    const bool by_mark = service.key.fwmark != 0;
    abi::service result{.address = by_mark ? mark_address(service.key) : abi_address(service.key.address),
                        .port = network_order(service.key.port),
                        .protocol = static_cast<std::uint8_t>(service.key.protocol),
                        .family = static_cast<std::uint8_t>(service.key.family()),
                        .scheduler = static_cast<std::uint8_t>(*scheduler_named(service.scheduler)),
                        .flags = static_cast<std::uint8_t>(abi::SERVICE_PRESENT | service.scheduler_flags)};
    set_timeouts(result, timeouts, running);
    if (by_mark) result.flags |= abi::SERVICE_MARK;
    // As IPVS: the port of a persistent service that is not of one port is the client's choice.
    if (service.key.port == 0 && (!by_mark || service.persistence)) result.flags |= abi::SERVICE_KEEPS_PORT;
    if (!service.persistence) return result;
    result.flags |= abi::SERVICE_PERSISTENT;
    result.persistence_prefix = static_cast<std::uint8_t>(service.persistence->prefix + (service.key.address.is_v4() ? mapped_bits : 0));
    result.persistence_s = static_cast<std::uint32_t>(service.persistence->timeout.count());
    result.timeout_ticks[STATE_template] = ticks(service.persistence->timeout, running);
    return result;
}

abi::server abi_server(const model::Server& server, std::uint32_t service, std::uint32_t last_weight) {
    return {.address = abi_address(server.endpoint.address),
            .port = network_order(server.endpoint.port),
            .family = static_cast<std::uint8_t>(server.endpoint.address.family()),
            .method = static_cast<std::uint8_t>(server.method),
            .flags = static_cast<std::uint32_t>(abi::SERVER_AVAILABLE | (server.leaves ? abi::SERVER_LEFT : 0)),
            .weight = server.weight,
            .service = service,
            .upper_threshold = server.upper_threshold,
            .lower_threshold = server.lower_threshold,
            .last_weight = server.weight > 0 ? server.weight : last_weight};
}

Target target_of(std::uint32_t id, const abi::server& server) {
    return {.id = id,
            .endpoint = endpoint_of(server),
            .weight = server.weight,
            .last_weight = server.last_weight,
            .upper_threshold = server.upper_threshold,
            .lower_threshold = server.lower_threshold,
            .method = server.method};
}

std::uint32_t size_of(const Part& part) { return static_cast<std::uint32_t>(part.words.size()); }

void place(Part& part, const model::Server& server, std::uint32_t service, std::uint32_t id, const Running& running) {
    // A server taken back from removal starts anew, as IPVS sets its weight at its addition.
    const bool available = running.image && (running.image->servers[id].flags & abi::SERVER_AVAILABLE);
    const std::uint32_t last_weight = available ? running.image->servers[id].last_weight : 0;
    part.servers.emplace_back(id, abi_server(server, service, last_weight));
    part.words.insert(part.words.end(), {id, server.weight});
}

Result<void> place(Part& part, const Ring& ring, const std::string& name) {
    if (ring.period > std::numeric_limits<std::uint32_t>::max())
        return refusal(fmt::format("cannot serve {}: the sum of its weights is too large", name), ERANGE);
    part.row.ring_at = size_of(part);
    part.row.ring_period = static_cast<std::uint32_t>(ring.period);
    part.words.insert(part.words.end(), ring.words.begin(), ring.words.end());
    part.row.segments_at = size_of(part);
    part.row.segments = static_cast<std::uint32_t>(ring.segments.size());
    for (const Segment& segment : ring.segments)
        part.words.insert(part.words.end(), {segment.first, segment.offset, segment.words});
    return {};
}

// Same service, same scheduler: its sequence goes on.
bool continues(std::uint32_t id, const abi::service& row, const Running& running) {
    if (!running.image) return false;
    const abi::service& before = running.image->services[id];
    return (before.flags & abi::SERVICE_PRESENT) && before.scheduler == row.scheduler;
}

Standing standing_of(std::uint32_t id, const Running& running) {
    Standing result{.position = id < running.cursors.size() ? running.cursors[id] : 0};
    const auto remembered = running.image->standings.find(id);
    if (remembered != running.image->standings.end() && remembered->second.position == result.position)
        result.anchor = remembered->second.anchor;
    return result;
}

void place_cursor(Part& part, std::uint32_t id, const std::vector<Target>& targets, const Running& running) {
    const auto number = static_cast<scheduler>(part.row.scheduler);
    if (!continues(id, part.row, running)) {
        part.cursor = CursorChange{id, 0};
        return;
    }
    const std::vector<Target> before = targets_of(*running.image, id);
    const Standing now = standing_of(id, running);
    const bool changed = sequence_changed(number, before, targets);
    part.standing = changed ? resume(number, before, targets, now) : now;
    if (changed) part.cursor = CursorChange{id, part.standing.position};
}

}  // namespace

void set_timeouts(abi::service& service, const model::Timeouts& timeouts, const Running& running) {
#define X(name, word, length, active) service.timeout_ticks[STATE_##name] = ticks(std::chrono::seconds{length}, running);
    CONNECTION_STATES(X)
#undef X
    service.timeout_ticks[STATE_established] = ticks(timeouts.tcp, running);
    service.timeout_ticks[STATE_fin_wait] = ticks(timeouts.tcp_fin, running);
    service.timeout_ticks[STATE_udp] = ticks(timeouts.udp, running);
}

Result<Part> part_of(const model::Service& service, std::uint32_t id, const model::Timeouts& timeouts, const Running& running,
                     const std::function<std::uint32_t(const Endpoint&)>& server_id) {
    Part part{.row = header(service, timeouts, running)};
    part.row.servers = static_cast<std::uint32_t>(service.servers.size());
    // The last one added is the first of IPVS's list.
    for (const model::Server& server : service.servers | std::views::reverse)
        place(part, server, id, server_id(server.endpoint), running);
    std::vector<Target> targets;
    for (const auto& [number, row] : part.servers) targets.push_back(target_of(number, row));
    TRY(place(part, ring_of(static_cast<scheduler>(part.row.scheduler), targets), service.key.text()));
    place_cursor(part, id, targets, running);
    return part;
}

abi::service member_row(const model::ServiceKey& key, const abi::service& leader, std::uint32_t id) {
    abi::service row{.address = abi_address(key.address),
                     .port = network_order(key.port),
                     .protocol = static_cast<std::uint8_t>(key.protocol),
                     .family = leader.family,
                     .scheduler = leader.scheduler,
                     .flags = static_cast<std::uint8_t>(abi::SERVICE_MEMBER |
                                                        (leader.flags & (abi::SERVICE_PRESENT | abi::SERVICE_PERSISTENT | abi::SERVICE_KEEPS_PORT))),
                     .persistence_prefix = leader.persistence_prefix,
                     .persistence_s = leader.persistence_s,
                     .leader = id};
    std::ranges::copy(leader.timeout_ticks, row.timeout_ticks);
    return row;
}

abi::service placed_at(const Part& part, std::uint32_t offset) {
    abi::service row = part.row;
    row.servers_at += offset;
    row.ring_at += offset;
    row.segments_at += offset;
    return row;
}

abi::server removed(abi::server server) {
    server.flags = 0;
    server.nexthop = NEXTHOP_NONE;
    return server;
}

abi::server kept(abi::server server) {
    server.flags = abi::SERVER_AVAILABLE | abi::SERVER_LEFT;
    server.weight = 0;
    server.nexthop = NEXTHOP_NONE;
    return server;
}

bool is_kept(const Running& running, const model::ServiceKey& service, const Endpoint& server) {
    if (running.kept == nullptr) return false;
    const auto found = running.kept->find(service);
    return found != running.kept->end() && std::ranges::find(found->second, server) != found->second.end();
}

}  // namespace lvx::plan
