#include "dataplane/counters.hh"

#include <array>

#include "abi/verdict.h"
#include "dataplane/attachments.hh"

namespace lvx::dataplane {
namespace {

using Rows = std::span<abi::traffic_counter>;

constexpr std::array verdict_names = {
#define X(name, kind, sentence) #name,
    VERDICTS(X)
#undef X
};
constexpr std::array verdict_kinds = {
#define X(name, kind, sentence) #kind,
    VERDICTS(X)
#undef X
};
constexpr std::array verdict_sentences = {
#define X(name, kind, sentence) sentence,
    VERDICTS(X)
#undef X
};

api::Traffic sum_of(Rows rows, std::size_t block, std::uint32_t id, std::uint32_t cpus) {
    api::Traffic total;
    for (std::uint32_t cpu = 0; cpu < cpus; ++cpu) {
        const abi::traffic_counter& row = rows[cpu * block + id];
#define X(field, word) total.field += __atomic_load_n(&row.field, __ATOMIC_RELAXED);
        TRAFFIC_COUNTERS(X)
#undef X
    }
    return total;
}

api::Traffic since_zero(Rows rows, std::size_t block, std::uint32_t id, std::uint32_t cpus) {
    api::Traffic total = sum_of(rows, block, id, cpus);
    const abi::traffic_counter& base = rows[cpus * block + id];
#define X(field, word) total.field -= base.field;
    TRAFFIC_COUNTERS(X)
#undef X
    return total;
}

void zero(Rows rows, std::size_t block, std::uint32_t id, std::uint32_t cpus) {
    const api::Traffic total = sum_of(rows, block, id, cpus);
    abi::traffic_counter& base = rows[cpus * block + id];
#define X(field, word) base.field = total.field;
    TRAFFIC_COUNTERS(X)
#undef X
}

abi::verdict_counter& verdict_row(const Tables& tables, std::uint32_t cpu, std::uint32_t slot, std::uint32_t verdict) {
    return tables.verdict_counters[(std::size_t{cpu} * INTERFACE_LIMIT + slot) * VERDICT_LIMIT + verdict];
}

abi::verdict_counter verdict_sum(const Tables& tables, std::uint32_t slot, std::uint32_t verdict) {
    abi::verdict_counter total = {};
    for (std::uint32_t cpu = 0; cpu < tables.header().cpus; ++cpu) {
        const abi::verdict_counter& row = verdict_row(tables, cpu, slot, verdict);
        total.packets += __atomic_load_n(&row.packets, __ATOMIC_RELAXED);
        total.bytes += __atomic_load_n(&row.bytes, __ATOMIC_RELAXED);
    }
    return total;
}

// With what is counted in rows that no interface has, for unknown_slot: interfaces that were let go.
abi::verdict_counter told_sum(const Tables& tables, const std::map<std::uint32_t, std::string>& names, std::uint32_t slot, std::uint32_t verdict) {
    abi::verdict_counter total = verdict_sum(tables, slot, verdict);
    for (std::uint32_t other = 0; slot == unknown_slot && other < INTERFACE_LIMIT; ++other) {
        if (names.contains(other)) continue;
        const abi::verdict_counter part = verdict_sum(tables, other, verdict);
        total.packets += part.packets;
        total.bytes += part.bytes;
    }
    return total;
}

}  // namespace

api::Traffic service_traffic(const Tables& tables, std::uint32_t service) {
    return since_zero(tables.service_counters.all(), tables.header().max_services, service, tables.header().cpus);
}

api::Traffic server_traffic(const Tables& tables, std::uint32_t server) {
    return since_zero(tables.server_counters.all(), tables.header().max_servers, server, tables.header().cpus);
}

api::Answers answers(const Tables& tables, std::uint32_t server) {
    const abi::server_delay& delay = tables.server_delays[server];
    return {.timed = __atomic_load_n(&delay.answers, __ATOMIC_RELAXED),
            .average_us = __atomic_load_n(&delay.average_eighths_us, __ATOMIC_RELAXED) / HANDSHAKE_EIGHTHS,
            .longest_us = __atomic_load_n(&delay.longest_us, __ATOMIC_RELAXED),
            .total_us = __atomic_load_n(&delay.total_us, __ATOMIC_RELAXED)};
}

void zero_service(const Tables& tables, std::uint32_t service) {
    zero(tables.service_counters.all(), tables.header().max_services, service, tables.header().cpus);
}

api::Traffic sum(const api::Traffic& a, const api::Traffic& b) {
    api::Traffic total = a;
#define X(field, word) total.field += b.field;
    TRAFFIC_COUNTERS(X)
#undef X
    return total;
}

// A row that packets add to is never written; what is subtracted of it may be less than nothing.
void move_service_traffic(const Tables& tables, std::uint32_t from, std::uint32_t to) {
    const abi::root& root = tables.header();
    const api::Traffic counted = service_traffic(tables, from);
    abi::traffic_counter& base = tables.service_counters.all()[std::size_t{root.cpus} * root.max_services + to];
#define X(field, word) base.field -= counted.field;
    TRAFFIC_COUNTERS(X)
#undef X
    zero_service(tables, from);
}

void zero_server(const Tables& tables, std::uint32_t server) {
    zero(tables.server_counters.all(), tables.header().max_servers, server, tables.header().cpus);
    tables.server_delays[server] = {};
}

std::vector<api::VerdictSnapshot> verdict_list(const Tables& tables, const std::map<std::uint32_t, std::string>& names) {
    std::vector<api::VerdictSnapshot> result;
    for (const auto& [slot, name] : names)
        for (std::uint32_t verdict = 0; verdict < VERDICT_COUNT; ++verdict) {
            const abi::verdict_counter total = told_sum(tables, names, slot, verdict);
            if (total.packets == 0) continue;
            result.push_back({.name = verdict_names[verdict],
                              .kind = verdict_kinds[verdict],
                              .sentence = verdict_sentences[verdict],
                              .interface = name,
                              .packets = total.packets,
                              .bytes = total.bytes});
        }
    return result;
}

void retire_counters(const Tables& tables, std::uint32_t slot) {
    for (std::uint32_t verdict = 0; verdict < VERDICT_LIMIT; ++verdict) {
        const abi::verdict_counter total = verdict_sum(tables, slot, verdict);
        abi::verdict_counter& kept = verdict_row(tables, 0, 0, verdict);
        kept.packets += total.packets;
        kept.bytes += total.bytes;
        for (std::uint32_t cpu = 0; cpu < tables.header().cpus; ++cpu) verdict_row(tables, cpu, slot, verdict) = {};
    }
}

}  // namespace lvx::dataplane
