#include "cli/usage.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"

namespace lvx::cli {

namespace {

using Words = std::span<const std::string>;
using Refused = std::unexpected<std::string>;

constexpr std::array json_option{OptionRow{"--json", "the daemon's answer as JSON"}};
constexpr std::array lines_option{OptionRow{"--json", "one JSON object per line"}};
constexpr std::array drops_options{OptionRow{"--json", "the daemon's answer as JSON"},
                                   OptionRow{"--all", "packets that were sent or passed, and reasons never met, too"}};
constexpr std::array stop_options{OptionRow{"--forwarding", "take the data plane off the interfaces as well"}};

constexpr std::array table{
    CommandRow{CommandId::status, "status", "", "one screen: daemon, configuration, table, problems", json_option},
    CommandRow{CommandId::services, "services", "", "virtual services and their real servers", json_option},
    CommandRow{CommandId::connections, "connections", "", "the connection table", lines_option},
    CommandRow{CommandId::drops, "drops", "", "packets that were dropped or refused, by reason", drops_options},
    CommandRow{CommandId::interfaces, "interfaces", "", "which interface is hooked how, and why", json_option},
    CommandRow{CommandId::reload, "reload", "", "read the configuration again and apply the difference", {}},
    CommandRow{CommandId::stop, "stop", "", "end the daemon; packets go on being forwarded", stop_options},
    CommandRow{CommandId::config, "config", "check FILE", "say what is wrong with a configuration; changes nothing", {}, 2},
    CommandRow{CommandId::demo, "demo", "[…]", "a whole cluster in namespaces of its own: lvx demo --help", {}, 0, true},
    CommandRow{CommandId::ipvsadm, "ipvsadm", "[…]", "as ipvsadm 1.31", {}, 0, true},
    CommandRow{CommandId::ipvsadm_save, "ipvsadm-save", "[-n]", "as ipvsadm-save", {}, 0, true},
    CommandRow{CommandId::ipvsadm_restore, "ipvsadm-restore", "[-n]", "as ipvsadm-restore", {}, 0, true},
    CommandRow{CommandId::help, "help", "[COMMAND]", "this, or more about one command", {}, 0, true},
    CommandRow{CommandId::version, "version", "", "the version of this tool", {}},
};

std::expected<const CommandRow*, std::string> find_command(std::string_view word) {
    const CommandRow* shortened = nullptr;
    std::string several;
    for (const CommandRow& row : table) {
        if (row.name == word) return &row;
        if (word.empty() || !row.name.starts_with(word)) continue;
        several += (several.empty() ? "" : ", ") + std::string(row.name);
        shortened = shortened == nullptr ? &row : shortened;
    }
    if (shortened != nullptr && several == shortened->name) return shortened;
    if (shortened != nullptr) return Refused(fmt::format("lvx: \"{}\" may be {}\n", printable(word), several));
    std::vector<std::string_view> names;
    for (const CommandRow& row : table) names.push_back(row.name);
    const auto near = nearest(word, names);
    return Refused(fmt::format("lvx: there is no command \"{}\"{}\n      \"lvx help\" lists all\n", printable(word),
                               near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
}

Refused unknown_option(const CommandRow& row, std::string_view word) {
    std::vector<std::string_view> names{"--help", "--socket"};
    for (const OptionRow& option : row.options) names.push_back(option.name);
    const auto near = nearest(word, names);
    return Refused(fmt::format("lvx {}: there is no option \"{}\"{}\n", row.name, printable(word),
                               near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
}

bool asks_for_help(std::string_view word) { return word == "--help" || word == "-h"; }

struct SocketOption {
    std::size_t words = 0;  // how many it took; 0: it is not there
    std::string path = {};
};

// "--socket PATH" or "--socket=PATH" at the front of `words`.
std::expected<SocketOption, std::string> socket_option(Words words) {
    constexpr std::string_view option = "--socket", joined = "--socket=";
    const std::string_view word = words.front();
    if (word.starts_with(joined) && word.size() > joined.size()) return SocketOption{1, std::string(word.substr(joined.size()))};
    if (word != option && word != joined) return SocketOption{};
    if (word == joined || words.size() < 2) return Refused("lvx: --socket needs a path\n");
    return SocketOption{2, words[1]};
}

// Everything behind the command's name.
std::expected<Invocation, std::string> parse_rest(const CommandRow& row, Words words, Invocation invocation) {
    while (!words.empty()) {
        const std::string& word = words.front();
        if (asks_for_help(word)) return Invocation{.command = CommandId::help, .operands = {std::string(row.name)}};
        const auto socket = socket_option(words);
        if (!socket) return Refused(socket.error());
        if (socket->words != 0) {
            invocation.socket = socket->path;
            words = words.subspan(socket->words);
            continue;
        }
        words = words.subspan(1);
        if (!word.starts_with('-')) {
            invocation.operands.push_back(word);
            continue;
        }
        if (std::ranges::find(row.options, word, &OptionRow::name) == row.options.end()) return unknown_option(row, word);
        invocation.options.insert(word);
    }
    if (invocation.operands.size() != row.operand_count) {
        return Refused(fmt::format("usage: lvx {}{}{}\n", row.name, row.operands.empty() ? "" : " ", row.operands));
    }
    return invocation;
}

}  // namespace

std::span<const CommandRow> commands() { return table; }

std::expected<Invocation, std::string> parse(Words words) {
    Invocation invocation{.command = CommandId::help};
    while (!words.empty()) {
        const auto socket = socket_option(words);
        if (!socket) return Refused(socket.error());
        if (socket->words == 0) break;
        invocation.socket = socket->path;
        words = words.subspan(socket->words);
    }
    if (words.empty() || asks_for_help(words.front())) return invocation;
    if (words.front() == "--version") return Invocation{.command = CommandId::version};
    if (words.front().starts_with('-')) return Refused(fmt::format("lvx: there is no option \"{}\"\n      \"lvx help\" lists all commands\n", printable(words.front())));
    const auto row = find_command(words.front());
    if (!row) return Refused(row.error());
    invocation.command = (*row)->id;
    const Words rest = words.subspan(1);
    if (!(*row)->takes_all) return parse_rest(**row, rest, std::move(invocation));
    invocation.operands.assign(rest.begin(), rest.end());
    return invocation;
}

std::string overview() {
    std::string text = "lvx: asks and steers lvxd, the Linux virtual server director\n\nusage: lvx [--socket PATH] COMMAND [OPTIONS]\n\n";
    for (const CommandRow& row : table) text += fmt::format("  {:<28}{}\n", fmt::format("{} {}", row.name, row.operands), row.meaning);
    return text +
           "\n"
           "Commands may be shortened: lvx conn.  \"lvx help COMMAND\" tells more.\n"
           "The daemon is found at --socket, else at $LVX_SOCKET, else at /run/lvx/api.sock.\n"
           "Exit status: 0 done, 1 refused (status: there are problems), 2 wrong usage, 3 no daemon answers.\n"
           "ipvsadm's applets exit as ipvsadm does, demo as the command it ran.\n";
}

std::expected<std::string, std::string> help_of(std::string_view name) {
    const auto row = find_command(name);
    if (!row) return Refused(row.error());
    const CommandRow& command = **row;
    std::string text = fmt::format("usage: lvx {}{}{}\n\n{}\n", command.name, command.operands.empty() ? "" : " ", command.operands, command.meaning);
    if (!command.options.empty()) text += "\n";
    for (const OptionRow& option : command.options) text += fmt::format("  {:<16}{}\n", option.name, option.meaning);
    return text;
}

}  // namespace lvx::cli
