#include "tests/support/stall_meter.hh"

#include <poll.h>
#include <sched.h>

#include <algorithm>

namespace lvx::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto nap = 1ms;

}  // namespace

StallMeter::StallMeter() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        Observer& observer = observers_.emplace_back();
        observer.thread = std::thread([this, &observer, cpu] { observe(observer, cpu); });
    }
    for (const Observer& observer : observers_) observer.rounds.wait(0);
}

StallMeter::~StallMeter() {
    ended_ = true;
    for (Observer& observer : observers_) observer.thread.join();
}

void StallMeter::observe(Observer& observer, int cpu) const {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    CPU_SET(cpu, &mine);
    ::sched_setaffinity(0, sizeof mine, &mine);
    for (auto before = Clock::now(); !ended_;) {
        ::poll(nullptr, 0, nap.count());
        const auto now = Clock::now();
        const auto late = std::chrono::ceil<std::chrono::milliseconds>(now - before - nap);
        if (late > observer.worst.load()) observer.worst = late;
        before = now;
        ++observer.rounds;
        observer.rounds.notify_all();
    }
}

std::chrono::milliseconds StallMeter::worst() const {
    auto worst = 0ms;
    for (const Observer& observer : observers_) {
        observer.rounds.wait(observer.rounds.load());
        worst = std::max(worst, observer.worst.load());
    }
    return worst;
}

}  // namespace lvx::test
