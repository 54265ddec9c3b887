#include "dataplane/recount.hh"

#include "bpf/table/control.h"

namespace lvx::dataplane {
namespace {

constexpr int counts = 3;

constexpr bool is_active[STATE_LIMIT] = {
#define X(name, word, seconds, active) active != 0,
    CONNECTION_STATES(X)
#undef X
};

std::vector<Gauges> read(std::span<abi::server_load> loads) {
    std::vector<Gauges> result;
    result.reserve(loads.size());
    for (abi::server_load& load : loads)
        result.push_back({.active = __atomic_load_n(&load.active, __ATOMIC_ACQUIRE),
                          .total = __atomic_load_n(&load.total, __ATOMIC_ACQUIRE),
                          .persistent = __atomic_load_n(&load.persistent, __ATOMIC_ACQUIRE)});
    return result;
}

}  // namespace

std::vector<Gauges> count_connections(std::span<const abi::connection> slots, std::size_t servers) {
    std::vector<Gauges> result(servers);
    for (const abi::connection& slot : slots) {
        const std::uint64_t control = __atomic_load_n(&slot.control, __ATOMIC_ACQUIRE);
        if (table::control_status(control) != abi::SLOT_live) continue;
        const std::uint32_t server = __atomic_load_n(&slot.server, __ATOMIC_RELAXED);
        if (server >= servers) continue;
        const std::uint32_t state = table::control_state(control);
        if (state == STATE_template) {
            ++result[server].persistent;
            continue;
        }
        ++result[server].total;
        result[server].active += is_active[state];
    }
    return result;
}

std::uint32_t recount(std::span<const abi::connection> slots, std::span<abi::server_load> loads) {
    const std::vector<Gauges> before = read(loads);
    const std::vector<Gauges> counted = count_connections(slots, loads.size());
    std::vector<bool> wrong(loads.size());
    bool any = false;
    for (std::size_t id = 0; id < loads.size(); ++id) any |= wrong[id] = counted[id] != before[id];
    for (int again = 1; any && again < counts; ++again) {
        const std::vector<Gauges> next = count_connections(slots, loads.size());
        const std::vector<Gauges> now = read(loads);
        for (std::size_t id = 0; id < loads.size(); ++id)
            wrong[id] = wrong[id] && next[id] == counted[id] && now[id] == before[id];
    }
    std::uint32_t corrected = 0;
    for (std::size_t id = 0; id < loads.size(); ++id) {
        if (!wrong[id]) continue;
        __atomic_fetch_add(&loads[id].active, counted[id].active - before[id].active, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&loads[id].total, counted[id].total - before[id].total, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&loads[id].persistent, counted[id].persistent - before[id].persistent, __ATOMIC_SEQ_CST);
        ++corrected;
    }
    return corrected;
}

}  // namespace lvx::dataplane
