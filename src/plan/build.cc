#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <ranges>

#include "abi/state.h"
#include "base/ensure.hh"
#include "bpf/table/filter.h"
#include "plan/image.hh"
#include "plan/registry.hh"
#include "plan/supported.hh"

namespace lvx::plan {
namespace {

std::uint16_t network_order(Port port) { return static_cast<std::uint16_t>(port << 8 | port >> 8); }

// At least the seconds asked for: a tick that has begun does not count.
std::uint32_t ticks(std::chrono::seconds time, const Running& running) {
    const auto tick = std::uint64_t{1} << running.tick_shift;
    const auto jiffies = static_cast<std::uint64_t>(time.count()) * running.hertz;
    return static_cast<std::uint32_t>(std::max<std::uint64_t>((jiffies + tick - 1) / tick, 1));
}

void set_timeouts(abi::service& service, const model::Timeouts& timeouts, const Running& running) {
#define X(name, word, length, active) service.timeout_ticks[STATE_##name] = ticks(std::chrono::seconds{length}, running);
    CONNECTION_STATES(X)
#undef X
    service.timeout_ticks[STATE_established] = ticks(timeouts.tcp, running);
    service.timeout_ticks[STATE_fin_wait] = ticks(timeouts.tcp_fin, running);
    service.timeout_ticks[STATE_udp] = ticks(timeouts.udp, running);
}

abi::server abi_server(const model::Server& server, std::uint32_t service, std::uint32_t last_weight) {
    return {.address = abi_address(server.endpoint.address),
            .port = network_order(server.endpoint.port),
            .family = static_cast<std::uint8_t>(server.endpoint.address.family()),
            .method = static_cast<std::uint8_t>(server.method),
            .flags = abi::SERVER_AVAILABLE,
            .weight = server.weight,
            .service = service,
            .upper_threshold = server.upper_threshold,
            .lower_threshold = server.lower_threshold,
            .last_weight = server.weight > 0 ? server.weight : last_weight};
}

class Builder {
 public:
    Builder(const model::Cluster& cluster, const Running& running, const Limits& limits)
        : cluster_(cluster), running_(running), limits_(limits) {}

    Result<Image> build() && {
        for (const model::Service& service : cluster_.services) TRY(check_supported(service));
        image_.registry = TRY(assign_ids(cluster_, running_, limits_));
        image_.timeouts = cluster_.timeouts;
        image_.services.resize(limits_.services);
        image_.servers.resize(limits_.servers);
        keep_removed();
        for (const model::Service& service : cluster_.services) TRY(place(service));
        if (image_.pool.size() > limits_.pool_words) return pool_full();
        index();
        return std::move(image_);
    }

 private:
    // Removed ones stay where they were, for their old connections only; place() overwrites those still wanted.
    void keep_removed() {
        if (!running_.image) return;
        for (const auto& [key, id] : image_.registry.services) {
            const abi::service& old = running_.image->services[id];
            image_.services[id] = {.address = old.address, .port = old.port, .protocol = old.protocol, .family = old.family,
                                   .scheduler = old.scheduler};
            if (old.family == 0) continue;  // a new one
            set_timeouts(image_.services[id], cluster_.timeouts, running_);
        }
        for (const auto& [place, id] : image_.registry.servers) {
            image_.servers[id] = running_.image->servers[id];
            image_.servers[id].flags &= ~abi::SERVER_AVAILABLE;
            image_.servers[id].nexthop = NEXTHOP_NONE;
        }
    }

    Result<void> place(const model::Service& service) {
        const std::uint32_t id = image_.registry.services.at(service.key);
        image_.services[id] = header(service);
        image_.services[id].servers_at = offset();
        image_.services[id].servers = static_cast<std::uint32_t>(service.servers.size());
        // The last one added is the first of IPVS's list.
        for (const model::Server& server : service.servers | std::views::reverse) place(server, id);
        const std::vector<Target> targets = targets_of(image_, id);
        TRY(place(ring_of(*scheduler_named(service.scheduler), targets), image_.services[id]));
        place_cursor(id, targets);
        return {};
    }

    abi::service header(const model::Service& service) const {
        abi::service result{.address = abi_address(service.key.address),
                            .port = network_order(service.key.port),
                            .protocol = static_cast<std::uint8_t>(service.key.protocol),
                            .family = static_cast<std::uint8_t>(service.key.family()),
                            .scheduler = static_cast<std::uint8_t>(*scheduler_named(service.scheduler)),
                            .flags = static_cast<std::uint8_t>(abi::SERVICE_PRESENT | service.scheduler_flags)};
        set_timeouts(result, cluster_.timeouts, running_);
        return result;
    }

    void place(const model::Server& server, std::uint32_t service) {
        const std::uint32_t id = image_.registry.servers.at({service, server.endpoint});
        // A server taken back from removal starts anew, as IPVS sets its weight at its addition.
        const bool available = running_.image && (running_.image->servers[id].flags & abi::SERVER_AVAILABLE);
        const std::uint32_t last_weight = available ? running_.image->servers[id].last_weight : 0;
        image_.servers[id] = abi_server(server, service, last_weight);
        image_.pool.insert(image_.pool.end(), {id, server.weight});
    }

    Result<void> place(const Ring& ring, abi::service& service) {
        if (ring.period > std::numeric_limits<std::uint32_t>::max())
            return refusal(fmt::format("cannot serve {}: the sum of its weights is too large", key_of(service).text()), ERANGE);
        service.ring_at = offset();
        service.ring_period = static_cast<std::uint32_t>(ring.period);
        image_.pool.insert(image_.pool.end(), ring.words.begin(), ring.words.end());
        service.segments_at = offset();
        service.segments = static_cast<std::uint32_t>(ring.segments.size());
        for (const Segment& segment : ring.segments)
            image_.pool.insert(image_.pool.end(), {segment.first, segment.offset, segment.words});
        return {};
    }

    void place_cursor(std::uint32_t id, const std::vector<Target>& targets) {
        const auto number = static_cast<scheduler>(image_.services[id].scheduler);
        if (!continues(id)) {
            image_.cursors.push_back({id, 0});
            return;
        }
        const std::vector<Target> before = targets_of(*running_.image, id);
        const Standing now = standing(id);
        const bool changed = sequence_changed(number, before, targets);
        const Standing next = changed ? resume(number, before, targets, now) : now;
        if (changed) image_.cursors.push_back({id, next.position});
        if (next.anchor) image_.standings.emplace(id, next);
    }

    // Same service, same scheduler: its sequence goes on.
    [[nodiscard]] bool continues(std::uint32_t id) const {
        if (!running_.image) return false;
        const abi::service& before = running_.image->services[id];
        return (before.flags & abi::SERVICE_PRESENT) && before.scheduler == image_.services[id].scheduler;
    }

    [[nodiscard]] Standing standing(std::uint32_t id) const {
        Standing result{.position = id < running_.cursors.size() ? running_.cursors[id] : 0};
        const auto remembered = running_.image->standings.find(id);
        if (remembered != running_.image->standings.end() && remembered->second.position == result.position)
            result.anchor = remembered->second.anchor;
        return result;
    }

    void index() {
        for (const auto& [key, id] : image_.registry.services) {
            image_.keys.emplace_back(map_key(key), id);
            mark(image_.services[id].address, abi::FILTER_VIRTUAL);
        }
        for (const auto& [place, id] : image_.registry.servers) mark(image_.servers[id].address, abi::FILTER_SERVER);
    }

    void mark(const abi::address& address, abi::filter_bit bit) {
        image_.filter[abi::filter_index(&address)] |= static_cast<std::uint8_t>(bit);
    }

    [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(image_.pool.size()); }

    std::unexpected<Error> pool_full() const {
        return refusal(fmt::format("cannot place the schedulers' tables: they need {} words, the pool has {}", image_.pool.size(),
                                   limits_.pool_words),
                       ENOSPC, "start lvxd with a larger --pool-words");
    }

    const model::Cluster& cluster_;
    const Running& running_;
    const Limits& limits_;
    Image image_;
};

}  // namespace

Result<Image> build(const model::Cluster& cluster, const Running& running, const Limits& limits) {
    return Builder(cluster, running, limits).build();
}

}  // namespace lvx::plan
