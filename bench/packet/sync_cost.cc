#include "bench/packet/sync_cost.hh"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "sync/feed.hh"
#include "sync/session.hh"

namespace lvx::bench {
namespace {

using Clock = std::chrono::steady_clock;
using sync::Microseconds;
using Random = std::mt19937_64;

constexpr Microseconds slice{6'000};
// Each run of an XDP program waits for a grace period of RCU, some ten milliseconds that are not counted: few runs.
constexpr std::chrono::milliseconds settling{8};     // in both cases: who was asleep makes up for upkeep it missed
constexpr std::uint32_t slice_openings = 12'500;     // connections of a slice that opens
constexpr std::uint32_t slice_runs = 8;              // of tables so small that they are filled in no time
constexpr std::uint32_t fours = 16, control_fours = 8;  // of each instance
constexpr std::uint32_t small_share = 3;             // of these where a slice takes so many runs
constexpr int resamples = 2000;                      // of the bootstrap
constexpr double wanted_established = 5, wanted_opening = 15;  // percent
constexpr int packet_cpu = 0;

// As in src/sync/engine_driver.cc.
constexpr Microseconds quiet_wait{500}, busy_wait{200}, busy_time{2'000};

Microseconds now() { return std::chrono::duration_cast<Microseconds>(Clock::now().time_since_epoch()); }

// Packets on one CPU, whoever listens on the others: as where the NIC's interrupts have one of their own.
void stay_on(bool packets) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < static_cast<int>(std::thread::hardware_concurrency()); ++cpu)
        if ((cpu == packet_cpu) == packets || std::thread::hardware_concurrency() == 1) CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

table::table table_of(test::Fixture& fixture) {
    const abi::root& root = fixture.root();
    return {.tags = fixture.tags.rows.data(),
            .slots = fixture.connections.rows.data(),
            .services = fixture.services.rows.data(),
            .servers = fixture.servers.rows.data(),
            .loads = fixture.loads.rows.data(),
            .marks = fixture.change_marks.rows.data(),
            .mark_lines = fixture.change_lines.rows.data(),
            .listener = &root.change_feed,
            .seed = {root.seed[0], root.seed[1]},
            .buckets = fixture.sizes().buckets,
            .max_services = fixture.sizes().services,
            .max_servers = fixture.sizes().servers,
            .zero = 0};
}

// The daemon's thread, and a peer that hears everything at once.
class Listener {
 public:
    explicit Listener(test::Fixture& fixture)
        : fixture_(fixture), table_(table_of(fixture), fixture.root().active_set & 1), feed_(fixture.change_marks.rows, fixture.change_lines.rows),
          tick_(fixture.tick()), session_(table_, {.node = 1, .boot = 1}, {}, moment()), thread_([this] { run(); }) {}
    ~Listener() {
        listen(false);
        command(Command::end);
    }

    void listen(bool wanted) {
        __atomic_store_n(&fixture_.root().change_feed, wanted ? 1u : 0u, __ATOMIC_RELEASE);
        command(wanted ? Command::listen : Command::park);
    }
    // The thread computes, and touches nothing that packets do: what it costs that the other processor is busy.
    void compute() {
        listen(false);
        command(Command::compute);
    }
    // All that is in the table now is known on the other side.
    void tell_everything() {
        tick_ = fixture_.tick();
        listen(true);
        while (!copied_.load() || behind_.load()) std::this_thread::yield();
        listen(false);
    }

 private:
    enum class Command : std::uint8_t { park, listen, compute, end };

    // Returns when the thread has seen it: it is in its loop, or asleep.
    void command(Command what) {
        if (what == Command::park && command_.load() == what) return;
        seen_ = false;
        command_ = what;
        command_.notify_one();
        if (what != Command::end)
            while (!seen_.load()) std::this_thread::yield();
    }
    sync::Moment moment() { return {.table = {.tick = tick_.load(), .tick_us = 1'000'000}, .now = now()}; }

    void run() {
        stay_on(false);
        ::prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
        sync::FrameWriter hello;
        hello.put(sync::Hello{.node = 2, .boot = 2, .slots = table_.slots()});
        (void)session_.diff(moment());
        if (!session_.apply(hello.take(), moment())) std::abort();
        Microseconds changed{0};
        for (Command what = command_; what != Command::end; what = command_) {
            if (what == Command::listen && turn()) changed = now();
            seen_ = true;
            if (what == Command::compute) {
                for (std::uint64_t number = 1; command_ == what;)
                    for (int i = 0; i < 1000; ++i) numbers_ = number = number * 6364136223846793005u + 1442695040888963407u;
                continue;
            }
            if (what == Command::park) command_.wait(what);
            else std::this_thread::sleep_for(now() - changed < busy_time ? busy_wait : quiet_wait);
        }
    }

    // Whether something had changed.
    bool turn() {
        const sync::Moment at = moment();
        const std::vector<std::uint32_t> changed = feed_.drain().changed;
        for (const std::uint32_t slot : changed) session_.note(slot);
        std::size_t bytes = session_.diff(at).size();
        behind_ = bytes >= sync::SessionLimits{}.at_once;
        bytes += session_.upkeep(at).size();
        if (bytes > 0) acknowledge(at);
        copied_ = session_.copied();
        return !changed.empty();
    }

    void acknowledge(const sync::Moment& at) {
        sync::FrameWriter heard;
        heard.put(sync::Heard{.sequence = session_.sequence(), .sent_us = static_cast<std::uint64_t>(at.now.count())});
        if (!session_.apply(heard.take(), at)) std::abort();
    }

    test::Fixture& fixture_;
    sync::TableSide table_;
    sync::Feed feed_;
    std::atomic<std::uint32_t> tick_;
    sync::Session session_;
    std::atomic<Command> command_{Command::park};
    volatile std::uint64_t numbers_ = 0;
    std::atomic<bool> seen_{false}, copied_{false}, behind_{false};
    std::jthread thread_;
};

// Nanoseconds of the same work, with and without, and without both times.
struct Four {
    double without = 0, with = 0;
    [[nodiscard]] double ratio() const { return with / without; }
};
using Fours = std::vector<Four>;

// Who does what in the slices called "with".
enum class Other : std::uint8_t { listens, computes, sleeps };

struct Measured {
    std::vector<Fours> pairs, busy, controls;  // by instance
    [[nodiscard]] std::vector<Fours>& of(Other other) { return other == Other::listens ? pairs : other == Other::computes ? busy : controls; }
};

// One slice of anything: ns per packet.
using Slice = std::function<Result<double>()>;

Result<Four> four(Listener& listener, Other other, Random& random, const Slice& work) {
    const bool with_first = random() & 1;
    double sums[2] = {0, 0};
    for (const bool inner : {false, true, true, false}) {
        const bool with = inner != with_first;
        if (with && other == Other::computes) listener.compute();
        else listener.listen(with && other == Other::listens);
        std::this_thread::sleep_for(settling);
        sums[with] += TRY(work());
    }
    return Four{.without = sums[0] / 2, .with = sums[1] / 2};
}

Result<void> interleave(Listener& listener, Random& random, std::uint32_t share, const Slice& work, Measured& measured) {
    std::vector<Other> order(fours / share, Other::listens);
    for (const Other other : {Other::computes, Other::sleeps}) order.insert(order.end(), control_fours / share, other);
    std::shuffle(order.begin(), order.end(), random);
    for (const Other other : {Other::listens, Other::computes, Other::sleeps}) measured.of(other).emplace_back();
    for (const Other other : order) measured.of(other).back().push_back(TRY(four(listener, other, random, work)));
    listener.listen(false);
    return {};
}

Result<double> generator_ns(test::Fixture& fixture, std::uint32_t flows) {
    std::vector<double> seen;
    set_control(fixture.object(), picking(flows));
    for (int i = 0; i < 9; ++i) seen.push_back(TRY(run(fixture.program("bench_generator"), 100'000, transmit)));
    return median(seen);
}

Result<void> established(test::Fixture& fixture, Listener& listener, std::uint32_t flows, double generator, Random& random, Measured& measured) {
    set_control(fixture.object(), picking(flows));
    const double first = TRY(run(fixture.program("bench_lvx"), 100'000, redirect));
    const auto packets = static_cast<std::uint32_t>(static_cast<double>(slice.count()) * 1000 / first);
    return interleave(listener, random, 1, [&]() -> Result<double> { return TRY(run(fixture.program("bench_lvx"), packets, redirect)) - generator; }, measured);
}

// Tables are filled again and again, a small one several times within a slice, a large one in many slices.
Result<void> opened(test::Fixture& fixture, Listener& listener, std::uint32_t flows, double generator, Random& random, Measured& measured) {
    const std::uint32_t at_once = flows < slice_runs * 1024 ? flows : std::min(flows / 4, slice_openings);
    const std::uint32_t runs = at_once == flows ? slice_runs : 1;
    std::uint32_t next = flows;
    return interleave(listener, random, runs > 1 ? small_share : 1, [&]() -> Result<double> {
        double sum = 0;
        for (std::uint32_t at = 0; at < runs; ++at, next += at_once) {
            if (next + at_once > flows) {
                fixture.forget_connections();
                set_control(fixture.object(), opening());
                next = 0;
            }
            sum += TRY(run(fixture.program("bench_lvx"), at_once, redirect));
        }
        return sum / runs - generator;
    }, measured);
}

Result<void> instance(Elf object, std::uint32_t flows, Random& random, Measured& established_ns, Measured& opening_ns) {
    test::Fixture fixture = TRY(load_lvx(object, flows));
    const double generator = TRY(generator_ns(fixture, flows));
    Listener listener(fixture);
    TRY(opened(fixture, listener, flows, generator, random, opening_ns));
    fixture.forget_connections();
    set_control(fixture.object(), opening());
    TRY(run(fixture.program("bench_lvx"), flows, redirect));
    establish(fixture);
    listener.tell_everything();
    return established(fixture, listener, flows, generator, random, established_ns);
}

struct Interval {
    double middle = 0, from = 0, to = 0;  // percent more than without
};

// The mean of the middle half: as deaf to stalls as the median, and finer than the whole nanoseconds the kernel tells.
double middle_ratio(const std::vector<Fours>& instances) {
    std::vector<double> ratios;
    for (const Fours& each : instances)
        for (const Four& one : each) ratios.push_back(one.ratio());
    std::ranges::sort(ratios);
    const std::size_t from = ratios.size() / 4, to = ratios.size() - from;
    double sum = 0;
    for (std::size_t at = from; at < to; ++at) sum += ratios[at];
    return (sum / static_cast<double>(to - from) - 1) * 100;
}

// 95 %: instances are drawn again, then their fours, so that what an instance has in common counts once.
Interval interval(const std::vector<Fours>& instances, Random& random) {
    const auto any_of = [&](std::size_t size) { return static_cast<std::size_t>(random() % size); };
    std::vector<double> middles;
    for (int i = 0; i < resamples; ++i) {
        std::vector<Fours> drawn;
        for (std::size_t at = 0; at < instances.size(); ++at) {
            const Fours& from = instances[any_of(instances.size())];
            drawn.emplace_back();
            for (std::size_t one = 0; one < from.size(); ++one) drawn.back().push_back(from[any_of(from.size())]);
        }
        middles.push_back(middle_ratio(drawn));
    }
    std::ranges::sort(middles);
    return {.middle = middle_ratio(instances), .from = middles[resamples / 40], .to = middles[resamples - resamples / 40]};
}

double middle_without(const Measured& measured) {
    std::vector<double> values;
    for (const Fours& each : measured.pairs)
        for (const Four& one : each) values.push_back(one.without);
    return median(values);
}

std::string judgement(const Interval& cost, double wanted) {
    return cost.to <= wanted ? "held" : cost.from > wanted ? "EXCEEDED" : "not decided";
}

void print(const char* what, const Measured& measured, double wanted, const SyncCostOptions& options, Random& random) {
    const Interval cost = interval(measured.pairs, random), busy = interval(measured.busy, random), control = interval(measured.controls, random);
    const double without = middle_without(measured);
    if (options.json)
        return fmt::print(R"({{"flows":{},"what":"{}","without_ns":{:.1f},"cost_percent":{:.2f},"from":{:.2f},"to":{:.2f},"busy_percent":{:.2f},"busy_from":{:.2f},"busy_to":{:.2f},"control_percent":{:.2f},"control_from":{:.2f},"control_to":{:.2f}}})" "\n",
                          options.flows, what, without, cost.middle, cost.from, cost.to, busy.middle, busy.from, busy.to, control.middle, control.from, control.to);
    fmt::print("{:>8} {:<12} {:>6.1f} ns  {:+6.2f} % ({:+.2f} to {:+.2f}; at most {:.0f}: {})  other processor busy {:+.2f} % ({:+.2f} to {:+.2f})  nobody both times {:+.2f} % ({:+.2f} to {:+.2f}{})\n",
               options.flows, what, without, cost.middle, cost.from, cost.to, wanted, judgement(cost, wanted), busy.middle, busy.from, busy.to, control.middle, control.from, control.to,
               control.from <= 0 && control.to >= 0 ? "" : ": UNSOUND");
    std::fflush(stdout);
}

}  // namespace

Result<void> print_sync_cost(Elf object, const SyncCostOptions& options) {
    stay_on(true);
    Random random(options.seed);
    Measured established_ns, opening_ns;
    for (std::uint32_t at = 0; at < options.instances; ++at) TRY(instance(object, options.flows, random, established_ns, opening_ns));
    print("established", established_ns, wanted_established, options, random);
    print("new", opening_ns, wanted_opening, options, random);
    return {};
}

}  // namespace lvx::bench
