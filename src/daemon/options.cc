#include "daemon/options.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace lvx::daemon {

namespace {

using Refusal = std::optional<std::string>;

constexpr std::string_view run_directory = "/run/lvx";
constexpr std::string_view bpffs_directory = "/sys/fs/bpf/lvx";
constexpr std::string_view state_directory = "/var/lib/lvx";
constexpr std::string_view default_instance = "main";
constexpr std::size_t instance_name_limit = 32;

struct Row {
    char letter;  // 0: none
    std::string_view name;
    std::string_view value;  // what the help calls it; "": takes none
    std::string_view help;
    Refusal (*take)(Options& options, std::string_view value);
};

template <class Integer>
Refusal take_number(Integer& into, std::string_view value, std::uint64_t largest) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number == 0 || number > largest)
        return fmt::format("\"{}\" is not a number from 1 to {}", value, largest);
    into = static_cast<Integer>(number);
    return {};
}

constexpr std::uint64_t most_connections = 1ull << 31;
constexpr std::uint64_t most_ids = 1u << 24;
constexpr std::uint64_t most_pool_words = 1u << 30;

Refusal take_hook(net::Hook& into, std::string_view word) {
    const auto hook = net::hook_from_text(word);
    if (!hook) return fmt::format("\"{}\" is no hook: auto, xdp, xdp-generic or tc", word);
    into = *hook;
    return {};
}

Refusal take_interface(Options& options, std::string_view value) {
    const std::size_t equals = value.find('=');
    net::InterfaceRequest request{.name = std::string(value.substr(0, equals))};
    if (request.name.empty()) return "an interface has a name";
    if (equals != std::string_view::npos)
        if (auto refusal = take_hook(request.hook, value.substr(equals + 1))) return refusal;
    options.interfaces.push_back(std::move(request));
    return {};
}

// The name becomes part of paths.
Refusal take_instance(Options& options, std::string_view value) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (value.empty() || value.size() > instance_name_limit || value.find_first_not_of(letters) != std::string_view::npos)
        return fmt::format("\"{}\" is no instance name: up to {} letters, digits, '-' and '_'", value, instance_name_limit);
    options.instance = value;
    return {};
}

Refusal take_on_exit(Options& options, std::string_view value) {
    if (value != "stop" && value != "keep") return fmt::format("\"{}\" is neither stop nor keep", value);
    options.on_exit = value == "keep" ? api::StopKind::keep_forwarding : api::StopKind::stop_forwarding;
    return {};
}

constexpr auto rows = std::to_array<Row>({
    {'f', "file", "FILE", "keepalived.conf to run; without it the cluster is ipvsadm's, and what runs is adopted",
     [](Options& o, std::string_view v) { o.file = v; return Refusal(); }},
    {'i', "config-id", "ID", "lines of FILE that begin with @ID are read (default: the host's name)",
     [](Options& o, std::string_view v) { o.config_id = v; return Refusal(); }},
    {0, "tolerant", "", "start with mistakes of FILE that keepalived silently corrects; lvx status shows them",
     [](Options& o, std::string_view) { o.tolerant = true; return Refusal(); }},
    {0, "state-dir", "DIR", "where overrides and applied configurations are kept (default /var/lib/lvx/INSTANCE)",
     [](Options& o, std::string_view v) { o.state_dir = v; return Refusal(); }},
    {0, "check", "", "say what is wrong with FILE and exit: 0 nothing, 78 something",
     [](Options& o, std::string_view) { o.task = Options::Task::check; return Refusal(); }},
    {0, "instance", "NAME", "keep sockets and tables apart from another lvxd's (default main)", take_instance},
    {0, "socket", "PATH", "API socket (default /run/lvx/api.sock; of an instance /run/lvx/NAME.sock)",
     [](Options& o, std::string_view v) { o.socket = v; return Refusal(); }},
    {0, "bpffs", "DIR", "where programs and tables are pinned (default /sys/fs/bpf/lvx/INSTANCE)",
     [](Options& o, std::string_view v) { o.bpffs = v; return Refusal(); }},
    {0, "interface", "IF[=HOOK]", "serve this interface and no others but those named; may be repeated", take_interface},
    {0, "hook", "HOOK", "for every interface: auto (default), xdp, xdp-generic or tc",
     [](Options& o, std::string_view v) { return take_hook(o.hook, v); }},
    {0, "connections", "N", "size of the connection table (default from the machine's memory)",
     [](Options& o, std::string_view v) { return take_number(o.sizes.connections, v, most_connections); }},
    {0, "max-services", "N", "room for so many virtual services",
     [](Options& o, std::string_view v) { return take_number(o.sizes.services, v, most_ids); }},
    {0, "max-servers", "N", "room for so many real servers",
     [](Options& o, std::string_view v) { return take_number(o.sizes.servers, v, most_ids); }},
    {0, "pool-words", "N", "room for schedulers' tables, in 32-bit words",
     [](Options& o, std::string_view v) { return take_number(o.sizes.pool_words, v, most_pool_words); }},
    {0, "on-exit", "stop|keep", "end forwarding with the daemon (default), or keep it for the next one", take_on_exit},
    {'I', "dont-release-ipvs", "", "as --on-exit keep",
     [](Options& o, std::string_view) { o.on_exit = api::StopKind::keep_forwarding; return Refusal(); }},
    {'D', "debug", "", "log more",
     [](Options& o, std::string_view) { o.debug = true; return Refusal(); }},
    {'v', "version", "", "print the version and exit",
     [](Options& o, std::string_view) { o.task = Options::Task::version; return Refusal(); }},
    {'h', "help", "", "print this and exit",
     [](Options& o, std::string_view) { o.task = Options::Task::help; return Refusal(); }},
});

// A word of the command line taken apart: "--name=value", "--name", "-fVALUE", "-f".
struct Word {
    const Row* row = nullptr;
    std::optional<std::string_view> value;
};

Word take_apart(std::string_view word) {
    if (word.starts_with("--")) {
        const std::size_t equals = word.find('=');
        const auto row = std::ranges::find(rows, word.substr(2, equals == word.npos ? word.npos : equals - 2), &Row::name);
        if (row == rows.end()) return {};
        return {&*row, equals == word.npos ? std::nullopt : std::optional(word.substr(equals + 1))};
    }
    if (word.size() < 2 || word[0] != '-') return {};
    const auto row = std::ranges::find(rows, word[1], &Row::letter);
    if (row == rows.end()) return {};
    return {&*row, word.size() == 2 ? std::nullopt : std::optional(word.substr(2))};
}

void complete(Options& options) {
    const bool is_main = options.instance == default_instance;
    if (options.socket.empty()) options.socket = fmt::format("{}/{}.sock", run_directory, is_main ? "api" : options.instance);
    if (options.state_dir.empty()) options.state_dir = fmt::format("{}/{}", state_directory, options.instance);
    if (options.bpffs.empty()) options.bpffs = fmt::format("{}/{}", bpffs_directory, options.instance);
}

Refusal contradiction(const Options& options) {
    if (options.task == Options::Task::check && options.file.empty()) return "--check needs a file: lvxd --check -f FILE";
    return {};
}

}  // namespace

std::expected<Options, std::string> parse_options(std::span<const std::string> words) {
    Options options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const Word word = take_apart(words[i]);
        if (word.row == nullptr) return std::unexpected(fmt::format("unknown option \"{}\"", words[i]));
        const bool needs_value = !word.row->value.empty();
        if (!needs_value && word.value) return std::unexpected(fmt::format("--{} takes no value", word.row->name));
        if (needs_value && !word.value && i + 1 == words.size())
            return std::unexpected(fmt::format("--{} needs {}", word.row->name, word.row->value));
        const std::string_view value = word.value ? *word.value : needs_value ? std::string_view(words[++i]) : "";
        if (const Refusal refusal = word.row->take(options, value))
            return std::unexpected(fmt::format("--{}: {}", word.row->name, *refusal));
        if (options.task == Options::Task::help || options.task == Options::Task::version) return options;
    }
    if (const Refusal refusal = contradiction(options)) return std::unexpected(*refusal);
    complete(options);
    return options;
}

std::string help_text() {
    std::string text = "lvxd: Linux virtual server director\n\nusage: lvxd [OPTION]...\n\n";
    for (const Row& row : rows) {
        const std::string letter = row.letter == 0 ? "    " : fmt::format("-{}, ", row.letter);
        const std::string name = row.value.empty() ? std::string(row.name) : fmt::format("{} {}", row.name, row.value);
        text += fmt::format("  {}--{:<22} {}\n", letter, name, row.help);
    }
    return text + "\nSIGHUP reloads FILE (one with errors changes nothing); SIGTERM and SIGINT end the daemon.\n"
                  "Exit status: 0 ended as asked, 64 wrong option, 69 another lvxd runs, 71 the machine refused,\n"
                  "77 not permitted, 78 wrong configuration.\n";
}

}  // namespace lvx::daemon
