// Lookups and insertions by number of live connections, in random order, in a table made for just that many.
// Counters: `primary`, the part of connections that stand in their primary bucket; `bytes`, for each
// connection.
#include <benchmark/benchmark.h>

#include <vector>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6;

struct Crowd {
    TestTable table;
    std::vector<lookup> requests;  // of all live connections
};

lookup random_request(const TestTable& table, std::uint64_t& random) {
    const std::uint64_t drawn = splitmix(random);
    return table.request(mapped(static_cast<std::uint32_t>(drawn)), static_cast<std::uint16_t>(drawn >> 32),
                         tcp, 0, 100);
}

bool insert(const TestTable& table, lookup& asked) {
    opening offered = table.to(0, 0, STATE_established);
    return table_find_request(table.get(), &asked) < 0 && table_insert(table.get(), &asked, &offered) >= 0;
}

Crowd crowd_of(std::uint32_t capacity) {
    const auto buckets = static_cast<std::uint32_t>(buckets_for_capacity(capacity));
    Crowd crowd{.table = TestTable({.buckets = buckets, .services = 1, .seed = 7})};
    std::uint64_t random = 1;
    while (crowd.requests.size() < capacity) {
        lookup asked = random_request(crowd.table, random);
        if (insert(crowd.table, asked)) crowd.requests.push_back(asked);
    }
    return crowd;
}

double in_primary(const Crowd& crowd) {
    std::uint64_t count = 0;
    for (lookup asked : crowd.requests) {
        const int index = table_find_request(crowd.table.get(), &asked);
        count += static_cast<std::uint32_t>(index) / SLOTS_PER_BUCKET ==
                 bucket_first(asked.hash, crowd.table.get()->buckets);
    }
    return static_cast<double>(count) / static_cast<double>(crowd.requests.size());
}

void add_counters(benchmark::State& state, const Crowd& crowd) {
    const std::uint64_t bytes =
        crowd.table.get()->buckets * (SLOTS_PER_BUCKET * sizeof(abi::connection) + sizeof(abi::tag_line));
    state.counters["primary"] = in_primary(crowd);
    state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(crowd.requests.size());
}

// The next lookup is known only when the last has answered, as with packets.
void find_established(benchmark::State& state) {
    const Crowd crowd = crowd_of(static_cast<std::uint32_t>(state.range(0)));
    std::uint64_t random = 3;
    for (auto _ : state) {
        lookup asked = crowd.requests[(splitmix(random) >> 32) * crowd.requests.size() >> 32];
        const int index = table_find_request(crowd.table.get(), &asked);
        random ^= static_cast<std::uint64_t>(index) & 1;
        benchmark::DoNotOptimize(index);
    }
    add_counters(state, crowd);
}

void miss(benchmark::State& state) {
    const Crowd crowd = crowd_of(static_cast<std::uint32_t>(state.range(0)));
    std::uint64_t random = 5;
    for (auto _ : state) {
        lookup asked = random_request(crowd.table, random);
        benchmark::DoNotOptimize(table_find_request(crowd.table.get(), &asked));
    }
}

// At capacity: a random connection ends and another begins.
void remove_and_insert(benchmark::State& state) {
    Crowd crowd = crowd_of(static_cast<std::uint32_t>(state.range(0)));
    std::uint64_t random = 9;
    std::uint64_t failed = 0;
    for (auto _ : state) {
        lookup& victim = crowd.requests[(splitmix(random) >> 32) * crowd.requests.size() >> 32];
        const int index = table_find_request(crowd.table.get(), &victim);
        table_remove(crowd.table.get(), static_cast<std::uint32_t>(index), victim.control, 0, 100);
        do
            victim = random_request(crowd.table, random);
        while (!insert(crowd.table, victim) && ++failed);
    }
    add_counters(state, crowd);
    state.counters["failed"] = static_cast<double>(failed);
}

void sweep(benchmark::State& state) {
    const Crowd crowd = crowd_of(static_cast<std::uint32_t>(state.range(0)));
    for (auto _ : state)
        benchmark::DoNotOptimize(table_sweep(crowd.table.get(), 0, crowd.table.slot_count(), 0, 100).live);
    state.counters["ns_per_slot"] =
        benchmark::Counter(static_cast<double>(crowd.table.slot_count()) * 1e-9,
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK(find_established)->Arg(64)->Arg(1 << 14)->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK(miss)->Arg(64)->Arg(1 << 14)->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK(remove_and_insert)->Arg(64)->Arg(1 << 14)->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK(sweep)->Arg(1 << 14)->Arg(1 << 20);

}  // namespace
}  // namespace lvx::table
