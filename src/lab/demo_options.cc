#include "lab/demo_options.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "lab/classic.hh"
#include "lab/shelf.hh"

namespace lvx::lab::demo {
namespace {

using Refusal = std::optional<std::string>;

constexpr std::uint32_t most_requests = 10'000'000;

// "director" is the active one of both.
Refusal take_node(Options& options, std::string_view word) {
    std::string names = "client, director";
    bool known = word == "director";
    for (const Node& node : classic::pair_topology(Offload::off).nodes) {
        known = known || node.name == word;
        if (node.name != "client") names += ", " + node.name;
    }
    if (!known) return fmt::format("there is no node \"{}\": {}", word, names);
    options.node = word;
    return {};
}

Refusal take_fault(Options& options, std::string_view word) {
    if (std::ranges::find(fault_names, word) == fault_names.end()) {
        return fmt::format("\"{}\" is nothing that can happen: {}", word, fmt::join(fault_names, ", "));
    }
    options.fault = word;
    return {};
}

Refusal take_hook(Options& options, std::string_view word) {
    constexpr std::array<std::string_view, 4> hooks = {"auto", "xdp", "xdp-generic", "tc"};
    if (std::ranges::find(hooks, word) == hooks.end()) {
        return fmt::format("\"{}\" is no hook: auto, xdp, xdp-generic or tc", word);
    }
    options.hook = word;
    return {};
}

Refusal take_name(Options& options, std::string_view word) {
    if (!is_laboratory_name(std::string(word))) return fmt::format("\"{}\" is no name for a laboratory", word);
    options.name = word;
    options.named = true;
    return {};
}

Refusal take_requests(Options& options, std::string_view word) {
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), options.requests);
    const bool whole = code == std::errc{} && end == word.data() + word.size();
    if (!whole || options.requests == 0 || options.requests > most_requests) {
        return fmt::format("\"{}\" is not a number of requests from 1 to {}", word, most_requests);
    }
    return {};
}

struct Option {
    std::string_view name, value, help;
    Refusal (*take)(Options& options, std::string_view word);
};

constexpr auto options_table = std::to_array<Option>({
    {"--in", "NODE", "where --exec runs: client (default), director (the active one), director1, director2, server1 to server3", take_node},
    {"--exec", "COMMAND", "build the laboratory, run COMMAND by /bin/sh in a node, take it down, exit with its status",
     [](Options& options, std::string_view word) {
         options.task = Task::execute;
         options.command = word;
         return Refusal();
     }},
    {"--conf", "FILE", "one director instead of two, with this keepalived.conf",
     [](Options& options, std::string_view word) {
         options.configuration = word;
         return Refusal();
     }},
    {"--hook", "HOOK", "where the packet path sits: auto (default), xdp, xdp-generic, tc", take_hook},
    {"--name", "NAME", "name of the laboratory (default demo)", take_name},
});

struct Verb {
    std::string_view name, argument, help;
    Task task;
    Refusal (*take)(Options& options, std::string_view word);  // of its one optional argument
};

constexpr auto verbs = std::to_array<Verb>({
    {"up", "", "build it, show it, fetch pages, leave it running", Task::show, nullptr},
    {"load", "[N]", "fetch N pages (default 1000) from the running laboratory's client", Task::load, take_requests},
    {"shell", "[NODE]", "a shell in a node of the running laboratory (default client)", Task::shell, take_node},
    {"failover", "[FAULT]", "what clients see when the active director fails, and when it is back; FAULT: freeze, kill, unplug, handover (default: each)", Task::failover, take_fault},
    {"break", "NODE", "freeze a server's or a director's programs: its checks fail, the others do without it", Task::break_server, take_node},
    {"mend", "NODE", "let them go on", Task::mend_server, take_node},
    {"down", "", "take it down", Task::down, nullptr},
});

Refusal contradiction(const Options& options, const Verb* verb, bool node_given) {
    if (options.task == Task::execute && verb != nullptr) return fmt::format("either {} or --exec", verb->name);
    if (node_given && options.task == Task::show) return "--in needs --exec 'COMMAND'";
    const bool treats = options.task == Task::break_server || options.task == Task::mend_server;
    if (treats && options.node == "client") return "break and mend take a server or a director";
    const bool builds = options.task == Task::show || options.task == Task::execute;
    if (!builds && (!options.configuration.empty() || options.hook != "auto")) {
        return "--conf and --hook are for building a laboratory, this one is already built";
    }
    return {};
}

}  // namespace

std::expected<Options, std::string> parse(std::span<const std::string_view> words) {
    Options options;
    const Verb* verb = nullptr;
    bool argument_taken = false, node_given = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--help" || words[i] == "-h") return Options{.task = Task::help};
        const std::size_t equals = words[i].find('=');
        const auto option = std::ranges::find(options_table, words[i].substr(0, equals), &Option::name);
        if (option != options_table.end()) {
            const bool joined = equals != std::string_view::npos;
            if (!joined && i + 1 == words.size()) return std::unexpected(fmt::format("{} needs {}", words[i], option->value));
            const std::string_view value = joined ? words[i].substr(equals + 1) : words[++i];
            if (auto refused = option->take(options, value)) return std::unexpected(*refused);
            node_given = node_given || option->name == "--in";
        } else if (verb != nullptr && verb->take != nullptr && !argument_taken) {
            if (auto refused = verb->take(options, words[i])) return std::unexpected(*refused);
            argument_taken = true;
        } else {
            const auto found = std::ranges::find(verbs, words[i], &Verb::name);
            if (found == verbs.end() || verb != nullptr) return std::unexpected(fmt::format("what is \"{}\"?", words[i]));
            verb = &*found;
            if (options.task != Task::execute) options.task = found->task;
        }
    }
    if (auto refused = contradiction(options, verb, node_given)) return std::unexpected(*refused);
    return options;
}

std::string help_text() {
    std::string text = "The classic LVS-NAT laboratory in network namespaces; nothing else of this host is touched.\n\n";
    for (const Verb& verb : verbs) {
        text += fmt::format("  {:<28}{}\n", fmt::format("lvx demo {} {}", verb.name, verb.argument), verb.help);
    }
    text += '\n';
    for (const Option& option : options_table) {
        text += fmt::format("  {:<28}{}\n", fmt::format("{} {}", option.name, option.value), option.help);
    }
    return text;
}

}  // namespace lvx::lab::demo
