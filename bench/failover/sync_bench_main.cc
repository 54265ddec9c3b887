// ./dev bench sync [CONNECTIONS [NEW_PER_SECOND [SECONDS]]]: two engines with their tables in this process, TLS 1.3 over
// loopback between them.  How long the whole table takes, and how late a new connection is there, both while others begin.
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "sync/engine_driver.hh"
#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::uint32_t first_tick = 1000;
constexpr Port first_port = 28849;             // and the next
constexpr double fill_level = 0.75;            // of the slots: the stated capacity
constexpr std::uint32_t services = 4;
constexpr std::size_t begun_at_once = 64;      // of new connections, then a look at the clock
constexpr std::chrono::seconds patience{30};

struct Table {
    Table(std::uint64_t node, std::uint32_t connections)
        : director(node, static_cast<std::uint32_t>(connections / fill_level / double{SLOTS_PER_BUCKET}) + 1, node) {
        director.packets.listener = &feed;
        engine.emplace(EngineTable{.table = director.packets,
                                   .marks = director.marks(),
                                   .lines = director.mark_lines(),
                                   .feed_word = &feed,
                                   .active_set = &active_set,
                                   .tick = [this] { return tick(); },
                                   .tick_us = 1'000'000,
                                   .configuration = &configuration,
                                   .generation = &generation});
    }
    std::uint32_t tick() const { return first_tick + static_cast<std::uint32_t>((Clock::now() - begun) / std::chrono::seconds(1)); }
    std::uint64_t connections() {
        std::uint64_t sum = 0;
        for (std::uint32_t id = 0; id < director.tables().server_count(); ++id) sum += director.tables().load(id).total;
        return sum;
    }

    SimulatedDirector director;
    Clock::time_point begun = Clock::now();
    std::uint32_t feed = 0, active_set = 0;
    std::mutex configuration;
    std::atomic<std::uint64_t> generation{1};
    std::optional<Engine> engine;
};

// The n-th connection of the bench: client, port, service.
struct Number {
    explicit Number(std::uint64_t n) : client(static_cast<std::uint32_t>(n / 60'000)), port(static_cast<std::uint16_t>(n % 60'000 + 1)), service(static_cast<std::uint32_t>(n % services)) {}
    std::uint32_t client;
    std::uint16_t port;
    std::uint32_t service;
};

void open(Table& table, std::uint64_t n, Dice& dice) {
    const Number number(n);
    const std::uint32_t now = table.tick();
    table.director.packet(number.client, number.port, number.service, table::FLOW_syn, now, dice);
    table.director.packet(number.client, number.port, number.service, table::FLOW_ack, now, dice);
}

bool is_there(Table& table, std::uint64_t n) {
    const Number number(n);
    const table::table& there = *table.director.tables().get();
    table::lookup lookup = table.director.tables().request(table::mapped(0xc0a80000 + number.client), number.port, 6, number.service, table.tick());
    return table::table_find_request(&there, &lookup) >= 0;
}

model::StateSync settings(int number, const std::string& key) {
    const Address here = Address::v4(0x7f000001);
    const auto port = static_cast<Port>(first_port + number), other = static_cast<Port>(first_port + 1 - number);
    return {.listen = Endpoint{here, port}, .peers = {Endpoint{here, other}}, .key_file = key};
}

template <class Condition>
double seconds_until(Condition condition) {
    const Clock::time_point begun = Clock::now();
    while (!condition() && Clock::now() - begun < patience) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return Seconds(Clock::now() - begun).count();
}

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Opens `rate` connections a second until stopped.
void open_steadily(Table& table, std::uint64_t first, std::uint32_t rate, std::atomic<std::uint64_t>& next, const std::stop_token& stop) {
    Dice dice{7};
    const Clock::time_point begun = Clock::now();
    for (std::uint64_t n = first; !stop.stop_requested();) {
        for (std::size_t i = 0; i < begun_at_once; ++i) open(table, n++, dice);
        next.store(n);
        const auto due = begun + std::chrono::nanoseconds((n - first) * 1'000'000'000 / rate);
        std::this_thread::sleep_until(due);
    }
}

struct Latencies {
    std::vector<double> milliseconds;
    double at(double share) {
        if (milliseconds.empty()) return -1;
        std::ranges::sort(milliseconds);
        return milliseconds[std::min(milliseconds.size() - 1, static_cast<std::size_t>(share * static_cast<double>(milliseconds.size())))];
    }
};

// Connection after connection: begun here, when is it there?  Its share of the load is negligible.
Latencies probe(Table& from, Table& to, std::uint64_t first, double seconds) {
    Latencies latencies;
    Dice dice{9};
    const Clock::time_point end = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
    for (std::uint64_t n = first; Clock::now() < end; ++n) {
        const Clock::time_point begun = Clock::now();
        open(from, n, dice);
        while (!is_there(to, n) && Clock::now() - begun < patience) std::this_thread::sleep_for(std::chrono::microseconds(20));
        latencies.milliseconds.push_back(Seconds(Clock::now() - begun).count() * 1e3);
        std::this_thread::sleep_for(std::chrono::milliseconds(2) + std::chrono::microseconds(dice.below(1000)));
    }
    return latencies;
}

// Why it took so long.
void print_states(Table& here, Table& there) {
    for (Table* each : {&here, &there}) {
        const EngineStatus status = each->engine->status();
        fmt::print("    {} connections", each->connections());
        for (const PeerStatus& peer : status.stream.peers)
            fmt::print("; {}: {}, {} sessions, told {}, made {}, changed {}, drifted there {}, here {}, kept out there {}, {}", peer.name, phase_word(peer.phase),
                       peer.sessions, peer.counters.told, peer.counters.made, peer.counters.changed, peer.drifted, peer.counters.regions_mended, peer.kept_out,
                       peer.last_fault);
        for (const SyncEvent& event : each->engine->take_events()) fmt::print("\n        {}", sentence(event));
        fmt::print("\n");
    }
}

int run(std::uint32_t connections, std::uint32_t rate, double seconds) {
    char folder[] = "/tmp/lvx-bench-sync-XXXXXX";
    if (!::mkdtemp(folder)) return 1;
    const std::string key = std::string(folder) + "/key";
    std::ofstream(key) << "0123456789abcdef0123456789abcdef\n";
    const std::uint64_t more = static_cast<std::uint64_t>(rate * seconds) + 100'000;
    Table here(1, static_cast<std::uint32_t>(connections + more)), there(2, static_cast<std::uint32_t>(connections + more));
    Dice dice{3};
    for (std::uint64_t n = 0; n < connections; ++n) open(here, n, dice);

    const double cpu_before = cpu_seconds();
    const double copied = [&] {
        if (!there.engine->set_stream(settings(1, key)) || !here.engine->set_stream(settings(0, key))) return -1.0;
        return seconds_until([&] { return there.connections() >= here.connections() && there.engine->status().stream.peers.at(0).learned; });
    }();
    if (copied > 2.0) print_states(here, there);
    fmt::print("full copy of {} connections: {:.2f} s, {:.2f} s of processor on both sides (wanted: 2 s)\n", connections, copied, cpu_seconds() - cpu_before);

    std::atomic<std::uint64_t> next{connections};
    const double cpu_at_start = cpu_seconds();
    std::jthread load([&](const std::stop_token& stop) { open_steadily(here, connections, rate, next, stop); });
    Latencies latencies = probe(here, there, connections + more, seconds);
    load.request_stop();
    load.join();
    const double cpu = cpu_seconds() - cpu_at_start;
    const std::uint64_t opened = next.load() - connections;
    fmt::print("{:.0f} new connections a second: there after {:.2f} ms (median), {:.2f} ms (99 of 100), {:.2f} ms (worst of {}); wanted: 1 ms\n",
               static_cast<double>(opened) / seconds, latencies.at(0.5), latencies.at(0.99), latencies.at(1), latencies.milliseconds.size());
    fmt::print("{:.1f} us of processor a connection, both sides and the packets together\n", cpu / static_cast<double>(opened) * 1e6);
    std::filesystem::remove_all(folder);
    return copied < 0 ? 1 : 0;
}

}  // namespace
}  // namespace lvx::sync

int main(int count, char** words) {
    const auto number = [&](int index, double absent) { return count > index ? std::atof(words[index]) : absent; };
    return lvx::sync::run(static_cast<std::uint32_t>(number(1, 1'000'000)), static_cast<std::uint32_t>(number(2, 50'000)), number(3, 4));
}
