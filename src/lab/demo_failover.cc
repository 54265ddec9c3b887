#include "lab/demo_failover.hh"

#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "lab/classic.hh"
#include "lab/demo_scene.hh"
#include "lab/probe.hh"
#include "lab/web.hh"

namespace lvx::lab::demo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t held_count = 50;
constexpr Milliseconds page_limit{5000};
constexpr Milliseconds hand_over_limit{10'000};
constexpr Milliseconds tool_limit{10'000};
constexpr Milliseconds ease{400};                 // before and after, so that what is seen is the fault
constexpr std::size_t answers_after = 200;        // of the new one, before the fault counts as over

Endpoint service() { return {classic::virtual_v4(), 80}; }

// A director that something happens to.
struct Victim {
    const Lab& lab;
    int number = 1;

    [[nodiscard]] std::string node() const { return classic::director_name(number); }
};

// Also one that is stopped.
std::vector<int> daemons_of(const Victim& victim) {
    std::vector<int> found;
    for (const int process : inhabitants_of(victim.lab.namespace_of(victim.node()))) {
        std::string name;
        std::ifstream(fmt::format("/proc/{}/comm", process)) >> name;
        if (name == "lvxd") found.push_back(process);
    }
    return found;
}

Result<void> signal_daemon(const Victim& victim, int number) {
    const std::vector<int> daemons = daemons_of(victim);
    if (daemons.empty()) return refusal("no lvxd runs in " + victim.node(), 0);
    for (const int daemon : daemons) ::kill(daemon, number);
    return {};
}

Result<void> set_links(const Victim& victim, const char* state) {
    const auto words = fmt::format("ip link set eth0 {0} && ip link set eth1 {0}", state);
    const Outcome outcome = TRY(victim.lab.run(victim.node(), shell(words), tool_limit));
    if (outcome.status != 0) return refusal(words + ": " + outcome.err, 0);
    return {};
}

Result<void> start_again(const Victim& victim) {
    Director director = TRY(Director::start(victim.lab, settings_again(victim.lab, victim.number)));
    director.release();
    return {};
}

Result<void> order_failover(const Victim& victim) {
    Command command = shell(fmt::format("lvx failover {}", router_name));
    command.environment = tool_environment(victim.lab, victim.node());
    const Outcome outcome = TRY(victim.lab.run(victim.node(), command, tool_limit));
    if (outcome.status != 0) return refusal(outcome.err, 0);
    return {};
}

struct Fault {
    std::string_view name, what, mended;           // told with the director's name before it
    Result<void> (*strike)(const Victim&);
    Result<void> (*mend)(const Victim&);           // null: the other one hands over in its turn
};

constexpr Fault faults[] = {
    {"freeze", "frozen (SIGSTOP)", "going on (SIGCONT)",
     [](const Victim& victim) { return signal_daemon(victim, SIGSTOP); }, [](const Victim& victim) { return signal_daemon(victim, SIGCONT); }},
    {"kill", "killed (kill -9)", "started again", [](const Victim& victim) { return signal_daemon(victim, SIGKILL); }, start_again},
    {"unplug", "both links down", "both links up", [](const Victim& victim) { return set_links(victim, "down"); },
     [](const Victim& victim) { return set_links(victim, "up"); }},
    {"handover", "hands over (lvx failover demo)", "hands over in its turn", order_failover, nullptr},
};

class Show {
 public:
    static Result<Show> begin(const Lab& lab) {
        Show show(lab);
        for (std::size_t i = 0; i < held_count; ++i) show.held_.push_back(TRY(WebConnection::open(lab.namespace_of("client"), service(), page_limit)));
        show.probe_ = std::make_unique<Probe>(lab.namespace_of("client"), service(), "");
        return show;
    }

    Result<void> act(const Fault& fault) {
        TRY(await_active(*lab_));
        const std::string active = active_director(*lab_);
        const Victim victim{*lab_, active == classic::director_name(1) ? 1 : 2};
        const Victim other{*lab_, 3 - victim.number};
        TRY(see(fmt::format("{} {}", victim.node(), fault.what), other.node(), [&] { return fault.strike(victim); }));
        // The first one is the better one and takes back when it can; the second waits until it is needed.
        const std::string then = victim.number == 1 || fault.mend == nullptr ? victim.node() : other.node();
        return see(fmt::format("{} {}", fault.mend == nullptr ? other.node() : victim.node(), fault.mended), then,
                   [&] { return fault.mend == nullptr ? order_failover(other) : fault.mend(victim); });
    }

 private:
    explicit Show(const Lab& lab) : lab_(&lab) {}

    // One line: what is done, and what the client saw of it.
    template <class Deed>
    Result<void> see(const std::string& what, const std::string& expected, Deed deed) {
        (void)wait_until(ease, [] { return false; });
        fmt::print("   {:<44}", what);
        std::fflush(stdout);
        const auto begin = Clock::now();
        TRY(deed());
        if (!wait_until(hand_over_limit, [&] { return active_director(*lab_) == expected; })) return refusal(expected + " did not become active", 0);
        const auto active = Clock::now();
        (void)wait_until(hand_over_limit, [&] { return probe_->answers_since(active) >= answers_after; });
        const std::size_t living = count_living();
        fmt::print("{}  {:>9.1f} ms   {:>2} of {}\n", expected, static_cast<double>(probe_->longest_gap_since(begin).count()) / 1000, living, held_.size());
        std::fflush(stdout);
        return {};
    }

    std::size_t count_living() {
        std::size_t living = 0;
        for (WebConnection& one : held_) {
            const auto page = one.get("/", page_limit);
            living += page && page->status == 200 ? 1 : 0;
        }
        return living;
    }

    const Lab* lab_;
    std::vector<WebConnection> held_;
    std::unique_ptr<Probe> probe_;
};

}  // namespace

Result<void> failover(const Options& options) {
    const Lab lab = TRY(Lab::open(options.name));
    if (!lab.has(classic::director_name(2))) return refusal("this laboratory has one director", 0, "\"lvx demo\" without --conf builds one with two");
    TRY(await_active(lab));
    fmt::print("A client opens a connection to {} every millisecond and fetches the page; {} more connections stay open.\n\n"
               "   {:<44}{:<9}  {:>12}   {}\n",
               service().address.text(), held_count, "what happens", "answers", "longest wait", "still open");
    std::fflush(stdout);
    Show show = TRY(Show::begin(lab));
    for (const Fault& fault : faults)
        if (options.fault.empty() || options.fault == fault.name) TRY(show.act(fault));
    fmt::print("\nThe longest wait is what a client saw who came at the worst moment; advertisements are 10 ms apart.\n\"lvx demo shell director\" and there \"lvx events\", \"lvx vrrp\", \"lvx sync status\" tell more.\n");
    return {};
}

void bring_back(const Options& options) {
    const auto lab = Lab::open(options.name);
    if (!lab || !lab->has(classic::director_name(2))) return;
    for (int number = 1; number <= classic::director_count; ++number) {
        const Victim victim{*lab, number};
        if (const auto going = signal_daemon(victim, SIGCONT); !going) (void)start_again(victim);
        (void)set_links(victim, "up");
    }
}

}  // namespace lvx::lab::demo
