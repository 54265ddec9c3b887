// Lookups and insertions by number of live connections, in random order, in a table made for just that many.
// Counters: `primary`, the part of connections that stand in their primary bucket; `bytes`, for each
// connection.
#include <benchmark/benchmark.h>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6;

// Connection number n is made of n: nothing but the table itself is in the caches' way.
lookup request_of(const TestTable& table, std::uint64_t number) {
    const std::uint64_t drawn = splitmix(number);
    return table.request(mapped(static_cast<std::uint32_t>(drawn)), static_cast<std::uint16_t>(drawn >> 32),
                         tcp, 0, 100);
}

bool insert(const TestTable& table, std::uint64_t number) {
    lookup asked = request_of(table, number);
    opening offered = table.to(0, 0, STATE_established);
    return table_find_request(table.get(), &asked) < 0 && table_insert(table.get(), &asked, &offered) >= 0;
}

struct Crowd {
    TestTable table;
    std::uint64_t first = 0, count = 0;  // live: numbers first .. first + count - 1
};

Crowd crowd_of(std::uint32_t capacity) {
    const auto buckets = static_cast<std::uint32_t>(buckets_for_capacity(capacity));
    Crowd crowd{.table = TestTable({.buckets = buckets, .services = 1, .seed = 7}), .count = capacity};
    for (std::uint64_t number = 0; number < capacity; ++number)
        insert(crowd.table, number);
    return crowd;
}

std::uint64_t any_of(const Crowd& crowd, std::uint64_t& random) {
    return crowd.first + ((splitmix(random) >> 32) * crowd.count >> 32);
}

double in_primary(const Crowd& crowd) {
    std::uint64_t count = 0;
    for (std::uint64_t number = crowd.first; number < crowd.first + crowd.count; ++number) {
        lookup asked = request_of(crowd.table, number);
        const int index = table_find_request(crowd.table.get(), &asked);
        count += static_cast<std::uint32_t>(index) / SLOTS_PER_BUCKET ==
                 bucket_first(asked.hash, crowd.table.get()->buckets);
    }
    return static_cast<double>(count) / static_cast<double>(crowd.count);
}

void add_counters(benchmark::State& state, const Crowd& crowd) {
    const std::uint64_t bytes =
        crowd.table.get()->buckets * (SLOTS_PER_BUCKET * sizeof(abi::connection) + sizeof(abi::tag_line));
    state.counters["primary"] = in_primary(crowd);
    state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(crowd.count);
}

// The next lookup is known only when the last has answered, as with packets.
void find_established(benchmark::State& state) {
    const Crowd crowd = crowd_of(static_cast<std::uint32_t>(state.range(0)));
    std::uint64_t random = 3;
    for (auto _ : state) {
        lookup asked = request_of(crowd.table, any_of(crowd, random));
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
        lookup asked = request_of(crowd.table, splitmix(random) | std::uint64_t{1} << 63);
        benchmark::DoNotOptimize(table_find_request(crowd.table.get(), &asked));
    }
}

// At capacity: the oldest connection ends and another begins.
void remove_and_insert(benchmark::State& state) {
    Crowd crowd = crowd_of(static_cast<std::uint32_t>(state.range(0)));
    std::uint64_t failed = 0;
    for (auto _ : state) {
        lookup oldest = request_of(crowd.table, crowd.first);
        const int index = table_find_request(crowd.table.get(), &oldest);
        table_remove(crowd.table.get(), static_cast<std::uint32_t>(index), oldest.control, 0, 100);
        failed += !insert(crowd.table, crowd.first++ + crowd.count);
    }
    add_counters(state, crowd);
    state.counters["failed"] = static_cast<double>(failed);
}

void sweep(benchmark::State& state) {
    const Crowd crowd = crowd_of(static_cast<std::uint32_t>(state.range(0)));
    for (auto _ : state)
        benchmark::DoNotOptimize(table_sweep(crowd.table.get(), 0, crowd.table.slot_count(), 0, 100).live);
    state.counters["per_slot"] =
        benchmark::Counter(static_cast<double>(crowd.table.slot_count()),
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK(find_established)->Arg(64)->Arg(1 << 14)->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK(miss)->Arg(64)->Arg(1 << 14)->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK(remove_and_insert)->Arg(64)->Arg(1 << 14)->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK(sweep)->Arg(1 << 14)->Arg(1 << 20);

}  // namespace
}  // namespace lvx::table
