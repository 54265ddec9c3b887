#include "marks/tools_driver.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/text.hh"
#include "script/program.hh"

namespace lvx::marks {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t error_limit = 4096;
constexpr std::size_t chunk = 64 * 1024;
constexpr int reap_patience_ms = 1000;  // for what SIGKILL does not end at once: it waits in the kernel
constexpr std::array<Tool, tool_count> tools{Tool::nft, Tool::iptables, Tool::ip6tables, Tool::iptables_legacy, Tool::ip6tables_legacy};

bool is_legacy(Tool tool) { return tool == Tool::iptables_legacy || tool == Tool::ip6tables_legacy; }

struct Pipe {
    Fd out, in;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return refusal("cannot make a pipe", errno);
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

bool has_text(const char* path) {
    const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
    char first = 0;
    return file.valid() && ::read(file.get(), &first, 1) == 1;
}

bool has_tables(Tool tool) {
    return has_text(tool == Tool::iptables_legacy ? "/proc/thread-self/net/ip_tables_names" : "/proc/thread-self/net/ip6_tables_names");
}

// False at the end of the text, and when there is more than fits.
bool append(const Fd& from, std::string& text, std::size_t limit) {
    const std::size_t before = text.size();
    text.resize(before + chunk);
    const ssize_t got = ::read(from.get(), text.data() + before, chunk);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return got > 0 && text.size() <= limit;
}

// Tools run as the daemon runs, which may have no capability to change that.
script::Credentials own_credentials() {
    script::Credentials who{.user = ::geteuid(), .group = ::getegid(), .groups = std::vector<gid_t>(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))))};
    who.groups.resize(static_cast<std::size_t>(std::max(0, ::getgroups(static_cast<int>(who.groups.size()), who.groups.data()))));
    return who;
}

std::string first_line(const std::string& text) { return printable(text.substr(0, text.find('\n'))); }

std::string ending_of(const script::Child& child) {
    siginfo_t ended{};
    pollfd waiting{child.pidfd.get(), POLLIN, 0};
    if (::poll(&waiting, 1, reap_patience_ms) != 1) return "does not end";
    if (::waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &ended, WEXITED) != 0) return "is lost";
    if (ended.si_code == CLD_EXITED) return ended.si_status == 0 ? "" : fmt::format("exit status {}", ended.si_status);
    return fmt::format("killed by signal {}", ended.si_status);
}

}  // namespace

Result<Tools> Tools::make(std::string path, std::chrono::milliseconds deadline) {
    Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null.valid()) return refusal("cannot open /dev/null", errno);
    return Tools(TRY(script::Spawner::make()), std::move(null), std::move(path), deadline);
}

bool Tools::has_legacy_tables() { return has_tables(Tool::iptables_legacy) || has_tables(Tool::ip6tables_legacy); }

std::vector<Print> Tools::look(int end) {
    std::vector<Print> prints;
    for (const Tool tool : tools) prints.push_back(run(tool, end));
    return prints;
}

Print Tools::run(Tool tool, int end) {
    const std::string name(program_of(tool));
    const auto program = script::find_program(name, path_);
    if (!program) return {.tool = tool, .printed = Printed::absent};
    if (is_legacy(tool) && !has_tables(tool)) return {.tool = tool, .printed = Printed::needless};
    std::vector<std::string> words{name};
    if (tool == Tool::nft) words.insert(words.end(), {"-n", "-j", "list", "ruleset"});
    auto output = start(*program, words, end);
    Print print = print_of(tool, output ? std::move(*output) : Output{.problem = output.error().sentence()});
    if (print.printed == Printed::whole) last_[static_cast<std::size_t>(tool)] = print.text;
    return print;
}

// iptables-save prints the tables it can and then complains of the others.
Print Tools::print_of(Tool tool, Output output) const {
    if (!output.error.empty() && !output.problem.empty()) output.problem += ": " + first_line(output.error);
    const bool partly = tool != Tool::nft && output.problem.starts_with("exit status") && output.text.find("COMMIT\n") != output.text.npos;
    if (output.problem.empty() || partly) return {tool, Printed::whole, std::move(output.text), std::move(output.problem)};
    const std::string& before = last_[static_cast<std::size_t>(tool)];
    return {tool, before.empty() ? Printed::failed : Printed::kept, before, std::move(output.problem)};
}

Result<Tools::Output> Tools::start(const std::string& program, const std::vector<std::string>& words, int end) {
    Pipe text = TRY(make_pipe()), error = TRY(make_pipe());
    const script::Credentials who = own_credentials();
    const script::Child child = TRY(spawner_.spawn({.path = program, .words = words, .environment = script::environment_with({"LC_ALL=C"}), .who = who,
                                                    .input = null_.get(), .output = text.in.get(), .error = error.in.get()}));
    text.in.reset();
    error.in.reset();
    return follow(child, std::move(text.out), std::move(error.out), end);
}

Tools::Output Tools::follow(const script::Child& child, Fd text, Fd error, int end) const {
    Output output;
    const auto until = Clock::now() + deadline_;
    std::array<pollfd, 3> waiting{{{text.get(), POLLIN, 0}, {error.get(), POLLIN, 0}, {end, POLLIN, 0}}};
    while ((waiting[0].fd >= 0 || waiting[1].fd >= 0) && output.problem.empty()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        const int ready = left <= 0 ? 0 : ::poll(waiting.data(), waiting.size(), static_cast<int>(left));
        if (ready == 0) output.problem = fmt::format("no answer within {} ms", deadline_.count());
        if (waiting[2].revents != 0) output.problem = "lvxd ends";
        if (ready <= 0) continue;
        if (waiting[0].revents != 0 && !append(text, output.text, print_limit)) waiting[0].fd = -1;
        if (waiting[1].revents != 0 && !append(error, output.error, error_limit)) waiting[1].fd = -1;
        if (output.text.size() > print_limit) output.problem = fmt::format("prints more than {} MiB", print_limit / (1024 * 1024));
    }
    if (!output.problem.empty()) ::kill(-child.pid, SIGKILL);
    const std::string ending = ending_of(child);
    if (output.problem.empty()) output.problem = ending;
    return output;
}

}  // namespace lvx::marks
