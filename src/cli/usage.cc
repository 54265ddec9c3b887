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
constexpr std::array events_options{OptionRow{"--json", "one JSON object per line"},
                                    OptionRow{"--follow", "go on with those that come"},
                                    OptionRow{"--since", "only those after this sequence number", "SEQUENCE"}};
constexpr std::array check_options{OptionRow{"--keepalived-order", "also names that keepalived would not find, being defined below their use"}};
constexpr std::array stop_options{OptionRow{"--forwarding", "take the data plane off the interfaces as well"}};

constexpr OptionRow json_row{"--json", "the daemon's answer as JSON"};
constexpr OptionRow service_row{"--service", "in this service only: tcp/192.0.2.1:80", "SERVICE"};
constexpr OptionRow for_row{"--for", "until so much time has passed: 2h", "TIME"};
constexpr std::array apply_options{json_row, OptionRow{"--confirm", "goes back by itself unless \"lvx config confirm\" comes within this time: 5m", "TIME"}};
constexpr std::array delta_options{OptionRow{"--as", "keepalived (default) or ipvsadm", "FORM"}};
constexpr std::array convert_options{OptionRow{"--from", "ipvsadm, ldirectord or heartbeat (default: by the file's name)", "KIND"},
                                     OptionRow{"--node", "heartbeat: whose configuration is wanted (default: this host's)", "NAME"},
                                     OptionRow{"--haresources", "heartbeat: where it is (default: beside ha.cf)", "FILE"},
                                     OptionRow{"--authkeys", "heartbeat: takes its key over", "FILE"}};
constexpr std::array failover_options{OptionRow{"--drill", "takes it back as well, and says what became of connections"},
                                      OptionRow{"--from", "drill: test clients in this network namespace (name or path)", "NAMESPACE"},
                                      OptionRow{"--service", "drill: of this TCP service (default: the first one)", "ADDRESS:PORT"},
                                      OptionRow{"--connections", "drill: how many are held open (default 100)", "NUMBER"}};
constexpr std::array clear_options{OptionRow{"--all", "every override"}};
constexpr std::array server_options{json_row, service_row, for_row};
constexpr std::array enable_options{json_row, service_row};
constexpr std::array drain_options{json_row, service_row, for_row, OptionRow{"--wait", "until its connections ended, with a line whenever they changed"},
                                   OptionRow{"--timeout", "connections get this much time: 10m (default: as long as they live)", "TIME"},
                                   OptionRow{"--then", "what becomes of it: disable (default) or remove", "WHAT"}};

constexpr std::array table{
    CommandRow{CommandId::status, "status", "", "one screen: daemon, configuration, table, problems", json_option},
    CommandRow{CommandId::services, "services", "", "virtual services and their real servers", json_option},
    CommandRow{CommandId::checks, "checks", "", "every check of a real server: state, last result, since when, next", json_option},
    CommandRow{CommandId::connections, "connections", "", "the connection table", lines_option},
    CommandRow{CommandId::drops, "drops", "", "packets that were dropped or refused, by reason", drops_options},
    CommandRow{CommandId::interfaces, "interfaces", "", "which interface is hooked how, and why", json_option},
    CommandRow{CommandId::events, "events", "", "what happened, each transition once", events_options},
    CommandRow{CommandId::bfd, "bfd", "", "BFD sessions: state, since when, why, intervals", json_option},
    CommandRow{CommandId::marks, "marks", "", "which packets carry a firewall mark, by which rule; which rules are not followed", json_option},
    CommandRow{CommandId::reload, "reload", "", "read the configuration again and apply the difference", {}},
    CommandRow{CommandId::stop, "stop", "", "end the daemon; packets go on being forwarded", stop_options},
    CommandRow{CommandId::drain, "drain", "SERVER", "no new connections to a real server; it keeps those it has", drain_options, 1},
    CommandRow{CommandId::enable, "enable", "SERVER", "ends drain, disable and weight", enable_options, 1},
    CommandRow{CommandId::disable, "disable", "SERVER", "weight 0 until it is enabled", server_options, 1},
    CommandRow{CommandId::weight, "weight", "SERVER WEIGHT", "another weight than the configuration says", server_options, 2},
    CommandRow{CommandId::override_list, "override list", "", "what operators changed at run time", json_option},
    CommandRow{CommandId::override_clear, "override clear", "[NAME]", "takes an override back", clear_options, 0, false, 1},
    CommandRow{CommandId::sync_status, "sync status", "", "peers, lag, drift, and what a failover now would lose", json_option},
    CommandRow{CommandId::vrrp, "vrrp", "", "virtual routers: role, since when, why, peer, timers, what is tracked", json_option},
    CommandRow{CommandId::failover, "failover", "[INSTANCE]", "hands a virtual router over; it does not take back by itself", failover_options, 0, false, 1},
    CommandRow{CommandId::standby, "standby", "on|off", "gives every virtual router away, takes over only when alone", {}, 1},
    CommandRow{CommandId::config_check, "config check", "FILE", "say what is wrong with a configuration; changes nothing", check_options, 1},
    CommandRow{CommandId::config_show, "config show", "", "every value in effect, and where it came from", json_option},
    CommandRow{CommandId::config_plan, "config plan", "FILE", "what it would start, stop, drain and move; changes nothing", json_option, 1},
    CommandRow{CommandId::config_apply, "config apply", "FILE", "makes it the running configuration, all or nothing", apply_options, 1},
    CommandRow{CommandId::config_confirm, "config confirm", "", "keeps what was applied with --confirm", json_option},
    CommandRow{CommandId::config_history, "config history", "", "applied configurations, by number", json_option},
    CommandRow{CommandId::config_rollback, "config rollback", "[NUMBER]", "back to the one before, or to that one", json_option, 0, false, 1},
    CommandRow{CommandId::config_diff, "config diff", "[A [B]]", "what differs: the daemon's file and what runs, or files and numbers of the history", {}, 0, false, 2},
    CommandRow{CommandId::config_delta, "config delta", "", "what operators changed, in one of the two languages", delta_options},
    CommandRow{CommandId::config_convert, "config convert", "FILE", "another director's file as keepalived.conf, on standard output", convert_options, 1},
    CommandRow{CommandId::demo, "demo", "[…]", "a whole cluster in namespaces of its own: lvx demo --help", {}, 0, true},
    CommandRow{CommandId::ipvsadm, "ipvsadm", "[…]", "as ipvsadm 1.31", {}, 0, true},
    CommandRow{CommandId::ipvsadm_save, "ipvsadm-save", "[-n]", "as ipvsadm-save", {}, 0, true},
    CommandRow{CommandId::ipvsadm_restore, "ipvsadm-restore", "[-n]", "as ipvsadm-restore", {}, 0, true},
    CommandRow{CommandId::keepalived, "keepalived", "[…]", "keepalived's command line: -t -f FILE checks a file", {}, 0, true},
    CommandRow{CommandId::genhash, "genhash", "[…]", "the digest of a page, for HTTP_GET and SSL_GET: lvx genhash --help", {}, 0, true},
    CommandRow{CommandId::help, "help", "[COMMAND|KEYWORD|CODE]", "this, or more about a command, a keyword of the configuration, a diagnostic (E0112)", {}, 0, true},
    CommandRow{CommandId::version, "version", "", "the version of this tool", {}},
};

// The first word of two, or the only one; the second word.
std::string_view head_of(std::string_view name) { return name.substr(0, name.find(' ')); }
std::string_view tail_of(std::string_view name) { return name.find(' ') == name.npos ? "" : name.substr(name.find(' ') + 1); }

// One of `names`, whole or shortened.
std::expected<std::string_view, std::string> find_name(std::string_view word, const std::vector<std::string_view>& names, std::string_view kind) {
    std::string several;
    std::string_view shortened;
    std::size_t count = 0;
    for (const std::string_view name : names) {
        if (name == word) return name;
        if (word.empty() || !name.starts_with(word)) continue;
        several += (several.empty() ? "" : ", ") + std::string(name);
        shortened = name;
        ++count;
    }
    if (count == 1) return shortened;
    if (count != 0) return Refused(fmt::format("lvx: \"{}\" may be {}\n", printable(word), several));
    const auto near = nearest(word, names);
    return Refused(fmt::format("lvx: there is no command \"{}{}\"{}\n      \"lvx help\" lists all\n", kind, printable(word),
                               near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
}

std::vector<const CommandRow*> rows_of(std::string_view head) {
    std::vector<const CommandRow*> rows;
    for (const CommandRow& row : table)
        if (head_of(row.name) == head) rows.push_back(&row);
    return rows;
}

struct Found {
    const CommandRow* row = nullptr;
    std::size_t words = 1;
};

std::string usage_of(const CommandRow& row) {
    return fmt::format("usage: lvx {}{}{}\n", row.name, row.operands.empty() ? "" : " ", row.operands);
}

// The command that `words` begin with: one word, or two where the first one names several.
std::expected<Found, std::string> find_command(Words words) {
    std::vector<std::string_view> heads;
    for (const CommandRow& row : table)
        if (heads.empty() || heads.back() != head_of(row.name)) heads.push_back(head_of(row.name));
    const auto head = find_name(words.front(), heads, "");
    if (!head) return Refused(head.error());
    const std::vector<const CommandRow*> rows = rows_of(*head);
    if (tail_of(rows.front()->name).empty()) return Found{rows.front(), 1};
    if (words.size() < 2 || words[1].starts_with('-')) {
        std::string text;
        for (const CommandRow* row : rows) text += usage_of(*row);
        return Refused(text);
    }
    std::vector<std::string_view> tails;
    for (const CommandRow* row : rows) tails.push_back(tail_of(row->name));
    const auto tail = find_name(words[1], tails, fmt::format("{} ", *head));
    if (!tail) return Refused(tail.error());
    return Found{*std::ranges::find(rows, *tail, [](const CommandRow* row) { return tail_of(row->name); }), 2};
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
        if (!word.starts_with('-') || word == "-") {
            invocation.operands.push_back(word);
            continue;
        }
        const std::size_t equals = word.find('=');
        const auto option = std::ranges::find(row.options, std::string_view(word).substr(0, equals), &OptionRow::name);
        if (option == row.options.end()) return unknown_option(row, word);
        if (option->value.empty() && equals != word.npos) return Refused(fmt::format("lvx {}: {} takes no value\n", row.name, option->name));
        if (option->value.empty()) {
            invocation.options.insert(word);
        } else if (equals != word.npos) {
            invocation.values[std::string(option->name)] = word.substr(equals + 1);
        } else if (words.empty()) {
            return Refused(fmt::format("lvx {}: {} needs {}\n", row.name, option->name, option->value));
        } else {
            invocation.values[std::string(option->name)] = words.front();
            words = words.subspan(1);
        }
    }
    const std::size_t given = invocation.operands.size();
    const std::size_t most = std::size_t{row.operand_count} + row.optional_operands;
    if (given > most) return Refused(fmt::format("lvx {}: what is \"{}\"?\n{}", row.name, invocation.operands[most], usage_of(row)));
    if (given < row.operand_count) return Refused(usage_of(row));
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
    if (words.size() == 2 && asks_for_help(words.back()) && rows_of(words.front()).size() > 1)
        return Invocation{.command = CommandId::help, .operands = {words.front()}};
    const auto found = find_command(words);
    if (!found) return Refused(found.error());
    const CommandRow& row = *found->row;
    invocation.command = row.id;
    const Words rest = words.subspan(found->words);
    if (!row.takes_all) return parse_rest(row, rest, std::move(invocation));
    invocation.operands.assign(rest.begin(), rest.end());
    return invocation;
}

std::string overview() {
    std::string text = "lvx: asks and steers lvxd, the Linux virtual server director\n\nusage: lvx [--socket PATH] COMMAND [OPTIONS]\n\n";
    for (const CommandRow& row : table) text += fmt::format("  {:<28}{}\n", fmt::format("{} {}", row.name, row.operands), row.meaning);
    return text +
           "\n"
           "Commands may be shortened: lvx conn.  \"lvx help COMMAND\" tells more, \"lvx help KEYWORD\" explains lvx.conf(5).\n"
           "The daemon is found at --socket, else at $LVX_SOCKET, else at /run/lvx/api.sock.\n"
           "Exit status: 0 done, 1 refused (status: there are problems), 2 wrong usage, 3 no daemon answers,\n"
           "4 config plan and config diff: something would change, or differs.\n"
           "ipvsadm's applets exit as ipvsadm does, demo as the command it ran.\n";
}

std::expected<std::string, std::string> help_of(std::string_view name) {
    const std::vector<const CommandRow*> all = rows_of(name);
    if (all.size() > 1) {
        std::string text;
        for (const CommandRow* row : all) text += fmt::format("  {:<44}{}\n", fmt::format("lvx {} {}", row->name, row->operands), row->meaning);
        return text;
    }
    std::vector<std::string> words;
    for (const std::string_view word : split_words(name)) words.emplace_back(word);
    if (words.empty()) words.emplace_back();
    const auto found = find_command(words);
    if (!found) return Refused(found.error());
    const CommandRow& command = *found->row;
    std::string text = fmt::format("{}\n{}\n", usage_of(command), command.meaning);
    if (!command.options.empty()) text += "\n";
    const auto words_of = [](const OptionRow& option) { return option.value.empty() ? std::string(option.name) : fmt::format("{} {}", option.name, option.value); };
    std::size_t width = 0;
    for (const OptionRow& option : command.options) width = std::max(width, words_of(option).size());
    for (const OptionRow& option : command.options) text += fmt::format("  {:<{}}{}\n", words_of(option), std::max<std::size_t>(width + 2, 16), option.meaning);
    return text;
}

}  // namespace lvx::cli
