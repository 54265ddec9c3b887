// ./dev bench failover [CONNECTIONS [ROUNDS [PAUSE_MS]]]: held NAT connections, each asked for a byte's echo every PAUSE_MS, through faults of the
// master.  For each fault: how many connections were lost, and how long the longest answer took.
#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "tests/cluster/support/pair.hh"

namespace lvx::cluster {
namespace {

constexpr Milliseconds settle{1000};
constexpr Milliseconds answer_limit{30'000};

struct Fault {
    const char* name;
    std::function<bool(Pair&)> strike;   // director 1 is master
    std::function<bool(Pair&)> mend;     // it returns
};

bool restart(Pair& pair) { return pair.director(1).restart().has_value(); }

const Fault faults[] = {
    {"kill -9", [](Pair& pair) { return pair.director(1).process().kill(), true; }, restart},
    {"freeze", [](Pair& pair) { return pair.director(1).process().signal(SIGSTOP), true; },
     [](Pair& pair) { return pair.director(1).process().signal(SIGCONT), true; }},
    {"link down", [](Pair& pair) { return pair.run(1, "ip link set eth0 down; ip link set eth1 down"); },
     [](Pair& pair) { return pair.run(1, "ip link set eth0 up; ip link set eth1 up"); }},
    {"orderly stop", [](Pair& pair) { return pair.director(1).process().signal(SIGTERM), pair.director(1).process().wait(patience).has_value(); }, restart},
};

// One fault and the return; false when the machine or the lab did not do its part.
bool once(Pair& pair, const Fault& fault, std::size_t count, Milliseconds pause, int round) {
    lab::HeldConnections held = pair.hold(count);
    held.run(settle, pause);
    if (!pair.await_in_step(1)) return false;
    // Bytes go on through the fault: what is silent meanwhile is what clients see.
    std::jthread traffic([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) held.step(pause);
    });
    if (!fault.strike(pair)) return false;
    const bool taken = pair.await_master(2);
    traffic.request_stop();
    traffic.join();
    const bool answered = held.all_answer(answer_limit);
    const auto after = held.report();
    const bool back = fault.mend(pair) && pair.await_master(1);
    (void)held.all_answer(answer_limit);
    const auto returned = held.report();
    fmt::print("{:<14} {:>2}  taken over {:<3}  lost {:>5} of {}  silent {:>5}  longest answer {:>6} ms   after its return: {:<3} lost {:>5}, silent {}\n",
               fault.name, round, taken ? "yes" : "no", after.broken, after.held, answered ? 0 : after.unanswered, after.longest_silence.count(),
               back ? "yes" : "no", returned.broken, returned.unanswered);
    std::fflush(stdout);
    return taken && back && pair.await_in_step(1);
}

int run(std::size_t count, int rounds, Milliseconds pause) {
    for (const Fault& fault : faults) {
        Pair pair;
        if (!pair.await_master(1) || !pair.await_in_step(1)) return 1;
        for (int round = 1; round <= rounds; ++round)
            if (!once(pair, fault, count, pause, round)) return 1;
    }
    return 0;
}

}  // namespace
}  // namespace lvx::cluster

int main(int count, char** words) {
    const auto number = [&](int index, int absent) { return count > index ? std::atoi(words[index]) : absent; };
    return lvx::cluster::run(static_cast<std::size_t>(number(1, 10'000)), number(2, 10), lvx::lab::Milliseconds(number(3, 100)));
}
