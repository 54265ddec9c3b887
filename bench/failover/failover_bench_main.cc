// ./dev bench failover [ROUNDS [CONNECTIONS [NEW_PER_SECOND [PAUSE_MS [FAULT [strict]]]]]]: held NAT connections, each asked for a
// byte's echo every PAUSE_MS, and new ones that come and go, through faults of the master and its return; then a download
// over failovers.  For each: how many connections were lost, how long the longest answer took, and what became of those
// that were younger than 10 ms at the fault.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "download.hh"
#include "tests/cluster/support/pair.hh"
#include "young.hh"

namespace lvx::cluster {
namespace {

using bench::YoungConnections;

constexpr Milliseconds settle{500};
constexpr Milliseconds remarkable{1500};     // an answer so late is explained
constexpr std::size_t remarkable_losses = 500;
constexpr Milliseconds answer_limit{30'000};
constexpr Port stream_port = 1900;
constexpr std::uint64_t download_rate = 60'000'000;  // bytes a second: long enough for three failovers

struct Load {
    int rounds = 3;
    std::size_t held = 10'000;
    std::uint32_t new_per_second = 2000;
    Milliseconds pause{100};
    std::string only;    // "": every fault, and the download
    std::string stream;  // lines of director_sync
};

struct Fault {
    const char* name;
    std::function<bool(Pair&)> strike;                 // director 1 is master
    std::function<bool(Pair&)> mend;                   // it returns; nothing: it never can
    bool taken_over = true;                            // the other one is master in between, for sure
};

bool restart(Pair& pair) { return pair.director(1).restart().has_value(); }
bool stop(Pair& pair) {
    pair.director(1).process().signal(SIGTERM);
    return pair.director(1).process().wait(patience).has_value();
}

const Fault faults[] = {
    {"kill -9", [](Pair& pair) { return pair.director(1).process().kill(), true; }, restart},
    {"freeze", [](Pair& pair) { return pair.director(1).process().signal(SIGSTOP), true; },
     [](Pair& pair) { return pair.director(1).process().signal(SIGCONT), true; }},
    {"link down", [](Pair& pair) { return pair.run(1, "ip link set eth0 down; ip link set eth1 down"); },
     [](Pair& pair) { return pair.run(1, "ip link set eth0 up; ip link set eth1 up"); }},
    {"orderly stop", stop, restart},
    {"upgrade", [](Pair& pair) { return stop(pair) && restart(pair); }, [](Pair&) { return true; }, false},
    {"namespace gone",
     [](Pair& pair) { return pair.director(1).process().kill(), pair.run(1, "ip link del eth0; ip link del eth1; ip link del eth2"); }, nullptr},
};

// The held connections' bytes go on in a thread of their own: what is silent through a fault is what clients see.
class Traffic {
 public:
    Traffic(lab::HeldConnections& held, Milliseconds pause)
        : thread_([&held, pause](const std::stop_token& stop) {
              while (!stop.stop_requested()) held.step(pause);
          }) {}

 private:
    std::jthread thread_;
};

struct Seen {
    bool taken = true, answered = false;
    lab::HeldConnections::Report held;
    YoungConnections::Counts young;
    std::chrono::milliseconds took{0};
    std::uint64_t dropped = 0;
};

// Packets that the kernel dropped because its queues between the namespaces were full: the machine's doing, not a director's.
std::uint64_t dropped_by_the_kernel(Pair& pair) {
    std::uint64_t sum = 0;
    const auto add = [&](const std::string& text) {
        for (std::istringstream numbers(text); numbers.good();) {
            std::uint64_t number = 0;
            if (numbers >> number) sum += number;
        }
    };
    for (const char* node : {"client", "director1", "director2", "server1", "server2"})
        if (const auto told = pair.lab().run(node, lab::shell("cat /sys/class/net/eth*/statistics/[rt]x_dropped"), patience)) add(told->out);
    std::ifstream softnet("/proc/net/softnet_stat");
    for (std::string line; std::getline(softnet, line);) sum += std::strtoull(line.substr(9, 8).c_str(), nullptr, 16);
    return sum;
}

// Strikes, waits for whoever shall be master then, and looks what is left.
Seen through(Pair& pair, lab::HeldConnections& held, YoungConnections& young, Milliseconds pause, const std::function<bool()>& strike, int master) {
    Seen seen;
    held.forget_silence();
    std::uint64_t dropped_before = 0;
    {
        const Traffic traffic(held, pause);
        dropped_before = dropped_by_the_kernel(pair);
        const auto begun = std::chrono::steady_clock::now();
        young.fault();
        seen.taken = strike() && pair.await_master(master);
        seen.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
        young.settle();
    }
    seen.answered = held.all_answer(answer_limit);
    seen.held = held.report();
    seen.young = young.counts();
    seen.dropped = dropped_by_the_kernel(pair) - dropped_before;
    return seen;
}

std::int64_t middle(std::vector<std::int64_t> values) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

void print(const char* what, const Seen& seen) {
    fmt::print("    {:<9} {:<4} lost {:>5} of {}, silent {:>4}, longest answer {:>5} ms; new: {:>5} done, {:>4} lost; younger than 10 ms: {:>3}, lost {}\n", what,
               seen.taken ? "" : "NOT!", seen.held.broken, seen.held.held, seen.answered ? 0 : seen.held.unanswered, seen.held.slowest.silence.count(),
               seen.young.done, seen.young.lost, seen.young.young, seen.young.young_lost);
    if (!seen.young.lost_begun_ms.empty()) {
        auto [first, last] = std::ranges::minmax(seen.young.lost_begun_ms);
        fmt::print("        the lost new ones began {} to {} ms after it (half of them before {} ms); {} without an answer to their SYN, {} ended by the other side\n", first, last,
                   middle(seen.young.lost_begun_ms), seen.young.unanswered, seen.young.reset);
    }
    std::fflush(stdout);
}

// What the directors said last, where more was lost than a fault explains.
void print_logs(Pair& pair) {
    constexpr std::size_t last = 3000;
    for (const int number : {1, 2}) {
        const std::string log = pair.director(number).log();
        fmt::print("        director{} said last:\n{}\n", number, log.substr(log.size() - std::min(log.size(), last)));
    }
}

// Why one waited for so long.
void explain(Pair& pair, const Seen& seen) {
    if (seen.young.lost > remarkable_losses) print_logs(pair);
    const auto& slowest = seen.held.slowest;
    if (slowest.silence < remarkable) return;
    fmt::print("        {} answers took a second or more; the slowest to port {}: {} segments sent again since it was opened, timer {} ms now; the kernel dropped {} packets\n",
               seen.held.late, slowest.port, slowest.retransmitted, slowest.timer.count(), seen.dropped);
    for (const int number : {1, 2})
        if (const auto drops = pair.director(number).ask("lvx drops")) fmt::print("        director{}:\n{}\n", number, drops->out);
}

bool lossless(const Seen& seen) { return seen.taken && seen.answered && seen.held.broken == 0; }

// What a director says of its peer, in short.
std::string told_of(const api::SyncSnapshot& sync) {
    if (sync.peers.empty()) return "no peer";
    const api::SyncPeerSnapshot& peer = sync.peers[0];
    return fmt::format("{}, {} kept out there, {} here{}{}", peer.phase, peer.kept_out, peer.kept_out_here, peer.last_fault.empty() ? "" : ", ", peer.last_fault);
}

// In step but for what is on its way at any moment: 50 ms of new connections.
bool keeps_up(Pair& pair, const Load& load) {
    const auto begun = std::chrono::steady_clock::now();
    std::string story;
    const bool does = lab::wait_until(patience, [&] {
        const api::SyncSnapshot sync = pair.sync(1);
        const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
        const std::string told = told_of(sync);
        if (!story.ends_with(told)) story += fmt::format("\n        after {} ms would lose {}: {}", at.count(), sync.would_lose, told);
        return sync.peers.size() == 1 && sync.peers[0].phase == "in step" && sync.would_lose <= load.new_per_second / 20;
    });
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    if (took > settle) fmt::print("    in step {} ms later than it should{}\n", took.count(), story);
    return does;
}

// One fault and the return, on connections that are held already; false when something was lost.
bool once(Pair& pair, const Fault& fault, lab::HeldConnections& held, YoungConnections& young, const Load& load, int round) {
    {
        const Traffic traffic(held, load.pause);  // answers are taken meanwhile, or they would be late by our own doing
        std::this_thread::sleep_for(settle);
        if (!keeps_up(pair, load)) return false;
    }
    fmt::print("{} {}\n", fault.name, round);
    const Seen struck = through(pair, held, young, load.pause, [&] { return fault.strike(pair); }, fault.taken_over ? 2 : 1);
    print(fault.taken_over ? "the fault" : "all of it", struck);
    explain(pair, struck);
    if (!fault.mend || !fault.taken_over) return lossless(struck);
    const Seen back = through(pair, held, young, load.pause, [&] { return fault.mend(pair); }, 1);
    print("return", back);
    explain(pair, back);
    return lossless(struck) && lossless(back);
}

const std::string stream_service = fmt::format(R"(
virtual_server 192.168.88.23 {0} {{
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.2 {0} {{ }}
}}
)", stream_port);

bool rounds_of(const Fault& fault, const Load& load) {
    bool good = true;
    std::optional<Pair> pair;
    std::optional<lab::HeldConnections> held;
    std::optional<YoungConnections> young;
    for (int round = 1; round <= load.rounds; ++round) {
        if (!pair || !fault.mend) {
            young.reset();
            held.reset();
            pair.reset();
            pair.emplace(PairDescription{.stream_extra = load.stream});
            if (!pair->await_master(1) || !pair->await_in_step(1)) return false;
            held.emplace(pair->hold(load.held));
            young.emplace(pair->lab().namespace_of("client"), Endpoint{lab::address("192.168.88.23"), Pair::echo_port()}, load.new_per_second);
        }
        good = once(*pair, fault, *held, *young, load, round) && good;
    }
    return good;
}

bool download_over_failovers() {
    Pair pair({.extra = stream_service});
    if (!pair.await_master(1) || !pair.await_in_step(1)) return false;
    const lab::Process server = must(lab::fork_inside(pair.lab().namespace_of("server1"), lab::Bond::dies_with_parent, [] {
        auto bound = lab::listen_on(stream_port);
        return bound ? bench::serve_stream(bound->get()) : 1;
    }));
    const std::string expected = bench::expected_digest();
    int failovers = 0;
    std::jthread disturbance;
    const auto disturb = [&](std::uint64_t bytes) {
        if (failovers >= 3 || bytes < static_cast<std::uint64_t>(failovers + 1) * bench::gigabyte / 5) return;
        const bool away = failovers++ % 2 == 0;
        if (disturbance.joinable()) disturbance.join();
        disturbance = std::jthread([&pair, away] {
            if (away) pair.director(1).process().kill();
            else (void)restart(pair);
        });
    };
    const auto download = bench::fetch_stream(pair.lab().namespace_of("client"), {lab::address("192.168.88.23"), stream_port}, download_rate, disturb);
    if (!download) return fmt::print("download: {}\n", download.error().sentence()), false;
    const bool right = download->digest == expected;
    fmt::print("download of {} bytes over {} failovers: {:.1f} s, SHA-256 {}\n", download->bytes, failovers, download->seconds, right ? "right" : "WRONG");
    return right && failovers == 3;
}

int run(const Load& load) {
    bool good = true;
    for (const Fault& fault : faults)
        if (load.only.empty() || load.only == fault.name) good = rounds_of(fault, load) && good;
    if (load.only.empty() || load.only == "download") good = download_over_failovers() && good;
    fmt::print("{}\n", good ? "nothing that was held was lost" : "SOMETHING WAS LOST, or did not happen");
    return good ? 0 : 1;
}

}  // namespace
}  // namespace lvx::cluster

int main(int count, char** words) {
    const auto number = [&](int index, int absent) { return count > index ? std::atoi(words[index]) : absent; };
    return lvx::cluster::run({.rounds = number(1, 10),
                              .held = static_cast<std::size_t>(number(2, 10'000)),
                              .new_per_second = static_cast<std::uint32_t>(number(3, 2000)),
                              .pause = lvx::lab::Milliseconds(number(4, 100)),
                              .only = count > 5 ? words[5] : "",
                              .stream = count > 6 ? words[6] : ""});
}
