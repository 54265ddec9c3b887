// Several threads on a table so small that everything collides: packets open, refresh and close connections,
// a sweeper expires them while the clock runs.  Afterwards nothing is lost, doubled, left claimed or counted
// wrongly. Meant for the preset `tsan`, worth something in every other.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6;
constexpr std::uint32_t packet_threads = 3, shared_clients = 20, services = 2, places = 4, own_clients = 5;
constexpr auto duration = std::chrono::milliseconds(1500);
// A client port says which client it is of, so that a connection put together of two is recognised.
std::uint16_t port_of(std::uint32_t client) { return static_cast<std::uint16_t>(client * 257 + 3); }

class Arena {
 public:
    Arena() : table_({.buckets = 5, .services = services, .servers_each = places, .seed = 5}) {
        // Connections that nobody owns end soon, those of one thread never within the test.
        for (std::uint32_t state = 0; state < STATE_COUNT; ++state)
            table_.service(0).timeout_ticks[state] = state_active(state) ? 6 : 2;
        for (std::uint32_t& ticks : table_.service(1).timeout_ticks)
            ticks = 1u << 30;
    }

    lookup request(std::uint32_t client, std::uint32_t service) const {
        return table_.request(mapped(client), port_of(client), tcp, service,
                              now_.load(std::memory_order_relaxed));
    }
    void tick() { now_.fetch_add(1, std::memory_order_relaxed); }
    std::uint32_t now() const { return now_.load(std::memory_order_relaxed); }
    TestTable& table() { return table_; }

    int open(lookup& asked, std::uint32_t service, std::uint32_t place) {
        opening offered = table_.to(service, table_.server_of(service, place), STATE_syn_recv);
        return table_insert(table_.get(), &asked, &offered);
    }
    int packet(lookup& seen, int index, std::uint32_t service, std::uint64_t random) {
        const auto event = static_cast<std::uint32_t>(random >> 8) % FLOW_datagram;
        return table_touch(table_.get(), &seen, static_cast<std::uint32_t>(index), &table_.service(service),
                           random & 1 ? FLOW_output : FLOW_input, event);
    }

 private:
    TestTable table_;
    std::atomic<std::uint32_t> now_{0xfffffff0};
};

// One packet of a connection that all threads use.
void shared_packet(Arena& arena, std::uint64_t random) {
    const std::uint32_t client = 1000 + static_cast<std::uint32_t>(random >> 32) % shared_clients;
    lookup seen = arena.request(client, 0);
    const int index = table_find_request(arena.table().get(), &seen);
    if (index < 0) {
        arena.open(seen, 0, static_cast<std::uint32_t>(random >> 20) % places);
    } else if (random % 16 == 0) {
        table_remove(arena.table().get(), static_cast<std::uint32_t>(index), seen.control, 0, seen.now);
    } else {
        arena.packet(seen, index, 0, random);
    }
}

// A lookup may miss a connection that moves twice while it looks; never one that stands still for a moment.
int find_own(Arena& arena, lookup& seen) {
    int index = TABLE_MISS;
    for (int attempt = 0; attempt < 5 && index < 0; ++attempt)
        index = table_find_request(arena.table().get(), &seen);
    return index;
}

// A connection only this thread opens and removes: it must be there exactly while it should.
struct Owner {
    Arena& arena;
    std::uint32_t first_client = 0;
    std::vector<bool> open = std::vector<bool>(own_clients);
    std::uint64_t lost = 0, invented = 0;

    void packet(std::uint64_t random) {
        const std::uint32_t number = static_cast<std::uint32_t>(random >> 32) % own_clients;
        lookup seen = arena.request(first_client + number, 1);
        const int index = find_own(arena, seen);
        lost += open[number] && index < 0;
        invented += !open[number] && index >= 0;
        if (index < 0) {
            open[number] = arena.open(seen, 1, number % places) >= 0;
        } else if (random % 8 == 0) {
            remove(seen, index);
            open[number] = false;
        } else {
            arena.packet(seen, index, 1, random);
        }
    }

    // Refused when it has just moved; and while it moves there are two to be removed.
    void remove(lookup& seen, int index) {
        for (; index >= 0; index = table_find_request(arena.table().get(), &seen))
            table_remove(arena.table().get(), static_cast<std::uint32_t>(index), seen.control, 0, seen.now);
    }
};

struct Findings {
    std::uint64_t lost = 0, invented = 0, mixed = 0;
};

Findings run_packets(Arena& arena, std::uint32_t thread, const std::atomic<bool>& stop) {
    Owner owner{.arena = arena, .first_client = 1 + thread * own_clients};
    std::uint64_t random = thread + 77;
    while (!stop.load(std::memory_order_relaxed)) {
        shared_packet(arena, splitmix(random));
        owner.packet(splitmix(random));
    }
    return {.lost = owner.lost, .invented = owner.invented};
}

// Whether a copied connection belongs together.
bool consistent(const Arena& arena, const abi::connection& copy) {
    const std::uint32_t client = __builtin_bswap32(copy.client.words[3]);
    return copy.client_port == port_of(client) && copy.server / places == copy.service &&
           copy.protocol == tcp && copy.service == (client < 1000 ? 1u : 0u) &&
           copy.virtual_port == arena.request(1, copy.service).other_port;
}

Findings run_sweeper(Arena& arena, const std::atomic<bool>& stop) {
    Findings found;
    std::uint32_t from = 0;
    while (!stop.load(std::memory_order_relaxed)) {
        arena.tick();
        table_sweep(arena.table().get(), from, 32, 0, arena.now());
        from = (from + 32) % arena.table().slot_count();
        for (std::uint32_t index = 0; index < arena.table().slot_count(); ++index) {
            const abi::connection copy = table_copy(arena.table().get(), index);
            if (copy.control != 0 && !consistent(arena, copy)) ++found.mixed;
        }
        std::this_thread::yield();
    }
    return found;
}

std::uint64_t doubled(Arena& arena) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> copies;
    std::uint64_t count = 0;
    for (std::uint32_t index = 0; index < arena.table().slot_count(); ++index) {
        const abi::connection copy = table_copy(arena.table().get(), index);
        if (control_live(copy.control, arena.now()))
            count += ++copies[{copy.client.words[3], copy.service}] > 1;
    }
    return count;
}

Findings run_all(Arena& arena) {
    std::atomic<bool> stop{false};
    std::vector<Findings> found(packet_threads + 1);
    std::vector<std::thread> threads;
    for (std::uint32_t thread = 0; thread < packet_threads; ++thread)
        threads.emplace_back([&, thread] { found[thread] = run_packets(arena, thread, stop); });
    threads.emplace_back([&] { found[packet_threads] = run_sweeper(arena, stop); });
    std::this_thread::sleep_for(duration);  // the length of the experiment, nothing is waited for
    stop = true;
    for (std::thread& thread : threads)
        thread.join();
    Findings sum;
    for (const Findings& one : found) {
        sum.lost += one.lost;
        sum.invented += one.invented;
        sum.mixed += one.mixed;
    }
    return sum;
}

TEST(Stress, ConcurrentPacketsAndSweepsLoseDoubleAndMiscountNothing) {
    Arena arena;
    const Findings found = run_all(arena);
    EXPECT_EQ(found.lost, 0u);
    EXPECT_EQ(found.invented, 0u);
    EXPECT_EQ(found.mixed, 0u);
    EXPECT_EQ(doubled(arena), 0u);
    const Recount counted = recount(arena.table());
    EXPECT_EQ(counted.claimed, 0u);
    EXPECT_EQ(counted.wrong_tags, 0u);
    std::uint32_t generations = 0;
    for (std::uint32_t index = 0; index < arena.table().slot_count(); ++index)
        generations += control_generation(arena.table().slot(index).control);
    EXPECT_GT(generations, 1000u) << "hardly anything happened";
    for (std::uint32_t id = 0; id < arena.table().server_count(); ++id) {
        EXPECT_EQ(arena.table().load(id).total, counted.loads[id].total) << "server " << id;
        EXPECT_EQ(arena.table().load(id).active, counted.loads[id].active) << "server " << id;
    }
}

}  // namespace
}  // namespace lvx::table
