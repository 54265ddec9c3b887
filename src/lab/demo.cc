#include "lab/demo.hh"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "lab/classic.hh"
#include "lab/demo_failover.hh"
#include "lab/demo_options.hh"
#include "lab/demo_scene.hh"
#include "lab/guard.hh"
#include "lab/load.hh"
#include "lab/shelf.hh"

namespace lvx::lab {
namespace {

using demo::Options;
using demo::Scene;

constexpr int status_failed = 1;
constexpr int status_usage = 2;
constexpr int pages_shown = 6;
constexpr Milliseconds page_limit{5000};
constexpr Milliseconds tool_limit{20'000};

int complain(const Error& error) {
    fmt::print(stderr, "lvx demo: {}\n", error.sentence());
    if (!error.hint.empty()) fmt::print(stderr, "  hint: {}\n", error.hint);
    return status_failed;
}

Endpoint virtual_service() { return {classic::virtual_v4(), 80}; }

// Which nodes there are depends on whether --conf was given when it was built.
Result<std::string> node_of(const Lab& lab, const Options& options) {
    const std::string node = demo::node_meant(lab, options.node);
    if (!lab.has(node)) return refusal(fmt::format("there is no node {} in this laboratory", node), 0);
    return node;
}

Result<void> show_page(const Lab& lab) {
    const Page page = TRY(lab.get("client", virtual_service(), "/", page_limit));
    const std::string who = classic::answerer(page.body);
    fmt::print("   client$ curl http://{}/   ->   {}\n", virtual_service().address.text(), who.empty() ? page.body : who);
    return {};
}

Result<void> show_tool(const Lab& lab, const std::string& words) {
    const std::string node = demo::node_meant(lab, "director");
    Command command = shell(words);
    command.environment = tool_environment(lab, node);
    const Outcome outcome = TRY(lab.run(node, command, tool_limit));
    fmt::print("\n   {}$ {}\n{}{}", node, words, demo::indented(outcome.out), demo::indented(outcome.err));
    if (outcome.status != 0) return refusal(fmt::format("\"{}\" ended with status {}", words, outcome.status), 0);
    return {};
}

Result<void> show_own_cluster(const Lab& lab) {
    fmt::print("\n{}\n", demo::configurations(lab));
    for (int i = 0; i < pages_shown; ++i) TRY(show_page(lab));
    for (const char* words : {"lvx services", "lvx checks", "lvx connections", "lvx interfaces", "lvx vrrp"}) TRY(show_tool(lab, words));
    return {};
}

Result<void> show_given_cluster(const Lab& lab, const Options& options) {
    fmt::print("\nThe director runs {}.\n", options.configuration);
    return show_tool(lab, "lvx services");
}

Result<void> show(const Options& options) {
    const auto begin = std::chrono::steady_clock::now();
    const Topology topology = demo::topology(options);
    fmt::print("Building the LVS-NAT laboratory \"{}\" in {} network namespaces; nothing else of this host is touched.\n\n{}\n",
               options.name, topology.nodes.size() + topology.switches.size(), demo::drawing(options));
    std::fflush(stdout);
    Lab lab = TRY(Lab::build(options.name, topology));
    Scene scene = TRY(demo::set_scene(lab, options, Bond::outlives_parent));
    for (const Director& director : scene.directors) TRY(demo::await_neighbours(director));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    fmt::print("Built, servers and directors running, in {:.2f} s.  {} is active.\n", taken.count(), demo::node_meant(lab, "director"));
    if (options.configuration.empty()) TRY(show_own_cluster(lab));
    else TRY(show_given_cluster(lab, options));
    fmt::print("\n{}", demo::next_steps(options));
    TRY(lab.keep());
    for (Director& director : scene.directors) director.release();
    for (Process& server : scene.servers) server.release();
    return {};
}

Result<int> execute(const Options& options) {
    const Lab lab = TRY(Lab::build(options.name, demo::topology(options)));
    const Scene scene = TRY(demo::set_scene(lab, options, Bond::dies_with_parent));
    for (const Director& director : scene.directors) TRY(demo::await_neighbours(director));
    const std::string node = TRY(node_of(lab, options));
    Command command = shell(options.command);
    command.environment = demo::environment_in(lab, node);
    Process process = TRY(lab.start(node, command));
    for (;;) {
        if (const auto status = process.wait(std::chrono::hours(1))) return *status;
    }
}

void tidy_up(const Options& options) {
    if (const auto removed = remove(options.name); !removed) complain(removed.error());
}

// One that was kept gives way to the new one; one that somebody is building does not.
Result<void> make_room(const Options& options) {
    if (!exists(options.name)) return {};
    remove_stale();
    if (is_kept(options.name)) return remove(options.name);
    if (!exists(options.name)) return {};
    return refusal(fmt::format("somebody else is building laboratory {}", options.name), 0, "use --name for another one");
}

int run_show(const Options& options) {
    if (const auto room = make_room(options); !room) return complain(room.error());
    const auto work = [&] {
        const auto shown = show(options);
        return shown ? 0 : complain(shown.error());
    };
    // Not by name: it may be another's who was faster, and theirs is locked or kept.
    return guarded(work, [](int status) {
        if (status != 0) remove_stale();
    });
}

int run_execute(const Options& options) {
    remove_stale();
    if (exists(options.name)) {
        return complain({.doing = fmt::format("laboratory {} is in use", options.name), .hint = "leave --name out"});
    }
    const auto work = [&] {
        const auto status = execute(options);
        return status ? *status : complain(status.error());
    };
    return guarded(work, [&](int) { tidy_up(options); });
}

Result<void> load(const Options& options) {
    const Lab lab = TRY(Lab::open(options.name));
    const LoadResult result = fetch_many(lab.namespace_of("client"), virtual_service(), options.requests);
    std::uint32_t done = result.failures;
    for (const auto& [page, count] : result.answers) {
        done += count;
        fmt::print("{:>9}  {}\n", count, classic::answerer(page).empty() ? page : classic::answerer(page));
    }
    const double seconds = static_cast<double>(result.duration.count()) / 1000;
    fmt::print("{:>9}  failed{}{}\n{} requests in {:.2f} s: {:.0f}/s, a connection each\n", result.failures,
               result.failures == 0 ? "" : ", the first: ", result.first_failure, done, seconds, seconds > 0 ? done / seconds : 0.0);
    if (done < options.requests) return refusal(fmt::format("gave up after {} requests: too many failed", done), 0);
    if (result.failures > 0) return refusal(fmt::format("{} requests failed", result.failures), 0);
    return {};
}

// Becomes the shell; comes back only when it cannot.
Result<void> open_shell(const Options& options) {
    const Lab lab = TRY(Lab::open(options.name));
    const char* program = std::getenv("SHELL");
    const std::string node = TRY(node_of(lab, options));
    Command command{.argv = {program == nullptr ? "/bin/sh" : program}, .environment = demo::environment_in(lab, node)};
    fmt::print("This shell is in node {}; \"exit\" leaves it.\n", node);
    std::fflush(stdout);
    const int status = replace_by(lab.namespace_of(node), command);
    return refusal(fmt::format("cannot run {} (status {})", command.argv.front(), status), 0);
}

// SIGSTOP: connections are still taken by the server's kernel, and nobody answers them.  SIGCONT mends.
Result<void> treat(const Options& options, int signal, std::string_view done) {
    const Lab lab = TRY(Lab::open(options.name));
    const std::string node = TRY(node_of(lab, options));
    const std::vector<int> programs = inhabitants_of(lab.namespace_of(node));
    if (programs.empty()) return refusal(fmt::format("nothing runs in {}", node), 0);
    for (const int program : programs) ::kill(program, signal);
    const char* tool = node.starts_with("server") ? "lvx checks" : "lvx vrrp";
    fmt::print("{} is {}; \"lvx demo shell director\" and there \"{}\" or \"lvx events\" show what the director makes of it.\n", node, done, tool);
    return {};
}

Result<void> take_down(const Options& options) {
    if (!exists(options.name)) return refusal(fmt::format("there is no laboratory {}", options.name), 0);
    TRY(remove(options.name));
    fmt::print("Laboratory {} is taken down.\n", options.name);
    return {};
}

int run_failover(const Options& options) {
    // A director that was struck is brought back also when somebody has seen enough.
    return guarded([&] {
        const auto shown = demo::failover(options);
        return shown ? 0 : complain(shown.error());
    }, [&](int status) {
        if (status != 0) demo::bring_back(options);
    });
}

int finish(const Result<void>& result) { return result ? 0 : complain(result.error()); }

}  // namespace

int demo_main(std::span<const std::string_view> arguments) {
    auto options = demo::parse(arguments);
    if (!options) {
        fmt::print(stderr, "lvx demo: {}\n  hint: lvx demo --help\n", options.error());
        return status_usage;
    }
    if (!options->configuration.empty()) options->configuration = std::filesystem::absolute(options->configuration);
    if (options->task == demo::Task::execute && !options->named) options->name = Lab::unique_name("demo");
    switch (options->task) {
        case demo::Task::show: return run_show(*options);
        case demo::Task::execute: return run_execute(*options);
        case demo::Task::load: return finish(load(*options));
        case demo::Task::shell: return finish(open_shell(*options));
        case demo::Task::failover: return run_failover(*options);
        case demo::Task::break_server: return finish(treat(*options, SIGSTOP, "frozen"));
        case demo::Task::mend_server: return finish(treat(*options, SIGCONT, "going on"));
        case demo::Task::down: return finish(take_down(*options));
        case demo::Task::help: fmt::print("{}", demo::help_text()); return 0;
    }
    return status_usage;
}

}  // namespace lvx::lab
