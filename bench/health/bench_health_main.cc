// What checks cost: lvx's worker and keepalived's checker, one after the other, with the same real servers (load.hh).  CPU
// is all that the checker's CPU does, softirq work for its packets included: the median of its seconds, because now and
// then somebody else works there, too.
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/health/contender.hh"
#include "bench/health/responder.hh"

namespace lvx::bench {
namespace {

constexpr int patience_s = 60;  // until every server was met; keepalived needs some for 30,000

struct Figures {
    double checks_per_second = 0, cpu_percent = 0, microseconds = 0;
    std::uint64_t resident_kib = 0;
};

struct Wanted {
    Load load;
    double cpu_percent;         // at most
    std::uint64_t resident_kib; // at most; 0 = not asked
};

const std::vector<Wanted> loads = {
    {{"10,000 TCP checks/s", Kind::tcp, 10'000, 1}, 20, 0},
    {{"3,000 HTTP checks/s", Kind::http, 3'000, 1}, 30, 0},
    {{"30,000 servers, TCP every 10 s", Kind::tcp, 30'000, 10}, 0, 40 * 1024},
};

// A network of its own, and a /sys that shows it.
bool enter_namespace() {
    return ::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("sysfs", "/sys", "sysfs", 0, nullptr) == 0;
}

// Seconds that the checker's CPU had nothing to do, or was not there, since it was booted.  The kernel measures these; what
// it says of work are samples, 250 a second, too few for one second.
double idle_seconds() {
    std::ifstream in("/proc/stat");
    const std::string wanted = fmt::format("cpu{}", checker_cpu);
    std::string line;
    while (std::getline(in, line)) {
        if (!line.starts_with(wanted + " ")) continue;
        std::istringstream words(line.substr(wanted.size()));
        std::uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, hard = 0, soft = 0, stolen = 0;
        words >> user >> nice >> system >> idle >> waiting >> hard >> soft >> stolen;
        return static_cast<double>(idle + waiting + stolen) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    return 0;
}

// The median of some seconds.
double busy_share(int seconds) {
    std::vector<double> shares;
    for (int i = 0; i < seconds; ++i) {
        const double before = idle_seconds();
        const auto begin = std::chrono::steady_clock::now();
        std::this_thread::sleep_for(std::chrono::seconds(1));
        const double idle = idle_seconds() - before;
        shares.push_back(1 - idle / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::sort(shares);
    return shares[shares.size() / 2];
}

// After the warm-up: every server was met, first checks are spread.
std::optional<Figures> measure(Contender contender, const Responder& responder, const Load& load, int seconds) {
    const std::uint64_t begun = responder.met();
    const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(patience_s + load.period_s);
    while (responder.met() < begun + load.servers && std::chrono::steady_clock::now() < latest) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (!contender.runs() || responder.met() < begun + load.servers) return std::nullopt;
    const std::uint64_t met = responder.met();
    const auto begin = std::chrono::steady_clock::now();
    const double share = busy_share(seconds);
    const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    Figures figures;
    figures.checks_per_second = static_cast<double>(responder.met() - met) / passed;
    figures.cpu_percent = 100 * share;
    figures.microseconds = figures.checks_per_second > 0 ? 1e6 * share / figures.checks_per_second : 0;
    figures.resident_kib = contender.resident_kib();
    return figures;
}

std::string row(const std::string& name, const std::optional<Figures>& figures) {
    if (!figures) return fmt::format("  {:<12} did not run\n", name);
    return fmt::format("  {:<12}{:>10.0f}{:>12.1f}{:>14.1f}{:>12.1f}\n", name, figures->checks_per_second, figures->cpu_percent, figures->microseconds,
                       static_cast<double>(figures->resident_kib) / 1024);
}

std::string object(const std::optional<Figures>& figures) {
    if (!figures) return "null";
    return fmt::format("{{\"checks_per_second\": {:.0f}, \"cpu_percent\": {:.2f}, \"us_per_check\": {:.2f}, \"resident_kib\": {}}}",
                       figures->checks_per_second, figures->cpu_percent, figures->microseconds, figures->resident_kib);
}

int run(bool json, int seconds, const std::string& only) {
    stay_on(responder_cpu);
    std::string shim = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libbench_no_ipvs.so";
    char folder[] = "/tmp/lvx-bench-health.XXXXXX";
    if (::mkdtemp(folder) == nullptr || !enter_namespace()) {
        std::fputs("bench_health: needs root, for a network namespace of its own\n", stderr);
        return 77;
    }
    std::string text = "                checks/s  CPU % core  us per check  MiB resident\n", objects;
    for (const auto& [load, cpu_limit, memory_limit] : loads) {
        if (!only.empty() && load.name.find(only) == load.name.npos) continue;
        const Responder responder(load.kind);
        const auto ours = measure(Contender::lvx(load), responder, load, seconds);
        const auto theirs = measure(Contender::keepalived(load, folder, shim), responder, load, seconds);
        text += load.name + (cpu_limit > 0 ? fmt::format(" (wanted: at most {:.0f} %)\n", cpu_limit) : fmt::format(" (wanted: at most {} MiB)\n", memory_limit / 1024));
        text += row("lvx", ours) + row("keepalived", theirs);
        objects += fmt::format("{}{{\"load\": \"{}\", \"lvx\": {}, \"keepalived\": {}}}", objects.empty() ? "" : ", ", load.name, object(ours), object(theirs));
    }
    std::filesystem::remove_all(folder);
    std::fputs((json ? "[" + objects + "]\n" : text).c_str(), stdout);
    return 0;
}

}  // namespace
}  // namespace lvx::bench

int main(int count, char** words) {
    bool json = false;
    int seconds = 5;
    std::string only;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--json") json = true;
        else if (word == "--seconds" && i + 1 < count) seconds = std::atoi(words[++i]);
        else if (word == "--only" && i + 1 < count) only = words[++i];
        else {
            std::fputs("usage: bench_health [--json] [--seconds N] [--only TCP|HTTP|servers]\n", stderr);
            return 64;
        }
    }
    return lvx::bench::run(json, seconds, only);
}
