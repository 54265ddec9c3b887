#include "cli/keepalived.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <set>
#include <vector>

#include "base/text.hh"

namespace lvx::cli {

namespace {

enum Status : int { good = 0, wrong_usage = 1, missing_argument = 2, unusable = 4, complaints = 5, insecure = 6 };

constexpr std::string_view default_file = "/etc/keepalived/keepalived.conf";

enum class Does : std::uint8_t { file, id, check, version, help, signal, foreground, strict_includes, unneeded };

struct Option {
    char letter;            // 0: it has none
    std::string_view name;  // "use-file"
    bool takes_value;
    Does does;
};

// All of keepalived's options.  Those that say how its processes are started or where they log mean nothing to lvxd.
constexpr std::array options{
    Option{'f', "use-file", true, Does::file},          Option{'i', "config-id", true, Does::id},
    Option{'t', "config-test", false, Does::check},     Option{'v', "version", false, Does::version},
    Option{'h', "help", false, Does::help},             Option{0, "signum", true, Does::signal},
    Option{'n', "dont-fork", false, Does::foreground},  Option{'e', "all-config", false, Does::strict_includes},
    Option{'P', "vrrp", false, Does::unneeded},         Option{'C', "check", false, Does::unneeded},
    Option{'B', "no_bfd", false, Does::unneeded},       Option{0, "all", false, Does::unneeded},
    Option{'l', "log-console", false, Does::unneeded},  Option{'D', "log-detail", false, Does::unneeded},
    Option{'S', "log-facility", true, Does::unneeded},  Option{'g', "log-file", true, Does::unneeded},
    Option{'G', "no-syslog", false, Does::unneeded},    Option{'u', "umask", true, Does::unneeded},
    Option{'X', "release-vips", false, Does::unneeded}, Option{'V', "dont-release-vrrp", false, Does::unneeded},
    Option{'I', "dont-release-ipvs", false, Does::unneeded}, Option{'R', "dont-respawn", false, Does::unneeded},
    Option{'d', "dump-conf", false, Does::unneeded},    Option{'p', "pid", true, Does::unneeded},
    Option{'r', "vrrp_pid", true, Does::unneeded},      Option{'c', "checkers_pid", true, Does::unneeded},
    Option{'b', "bfd_pid", true, Does::unneeded},       Option{'a', "address-monitoring", false, Does::unneeded},
    Option{'s', "namespace", true, Does::unneeded},     Option{'x', "snmp", false, Does::unneeded},
    Option{'A', "snmp-agent-socket", true, Does::unneeded}, Option{'m', "core-dump", false, Does::unneeded},
    Option{'M', "core-dump-pattern", true, Does::unneeded}};

struct Request {
    std::string file{default_file}, id, signal;
    std::optional<std::string> log;  // of "-t=FILE"
    bool check = false, version = false, help = false, foreground = false, strict_includes = false;
};

class Reader {
 public:
    explicit Reader(std::span<const std::string> words) : words_(words) {}

    // The request, or a sentence.
    std::expected<Request, std::string> run() {
        for (; at_ < words_.size(); ++at_) {
            const std::string& word = words_[at_];
            const bool understood = word.starts_with("--") ? long_option(word.substr(2)) : word.starts_with('-') && word.size() > 1 && letters(word.substr(1));
            if (!understood) return std::unexpected(fmt::format("unknown or incomplete option \"{}\"", printable(word)));
        }
        return request_;
    }

 private:
    bool long_option(const std::string& text) {
        const std::size_t equals = text.find('=');
        const auto option = std::ranges::find(options, std::string_view(text).substr(0, equals), &Option::name);
        if (option == options.end()) return false;
        if (equals != text.npos) return take(*option, text.substr(equals + 1));
        return option->takes_value ? next(*option) : take(*option, "");
    }

    bool letters(std::string text) {
        while (!text.empty()) {
            const auto option = std::ranges::find(options, text[0], &Option::letter);
            if (option == options.end()) return false;
            text.erase(0, 1);
            if (option->does == Does::check && text.starts_with('=')) return take(*option, text.substr(1));
            if (option->takes_value) return text.empty() ? next(*option) : take(*option, text);
            if (!take(*option, "")) return false;
        }
        return true;
    }

    bool next(const Option& option) { return ++at_ < words_.size() && take(option, words_[at_]); }

    bool take(const Option& option, const std::string& value) {
        switch (option.does) {
            case Does::file: request_.file = value; break;
            case Does::id: request_.id = value; break;
            case Does::signal: request_.signal = value; break;
            case Does::check:
                request_.check = true;
                if (!value.empty()) request_.log = value;
                break;
            case Does::version: request_.version = true; break;
            case Does::help: request_.help = true; break;
            case Does::foreground: request_.foreground = true; break;
            case Does::strict_includes: request_.strict_includes = true; break;
            case Does::unneeded: break;
        }
        return true;
    }

    std::span<const std::string> words_;
    std::size_t at_ = 1;
    Request request_;
};

// What is no complaint of keepalived's: remarks of lvx about itself.
bool own_remark(config::Code code) {
    using enum config::Code;
    return code == later || code == not_needed || code == not_supported_yet || code == unused_name;
}

using Commands = std::vector<model::Command>;

void add(Commands& all, const std::optional<model::Command>& one) {
    if (one) all.push_back(*one);
}

void add(Commands& all, const model::VrrpNotify& notify) {
    for (const auto* one : {&notify.master, &notify.backup, &notify.fault, &notify.stop, &notify.deleted, &notify.any, &notify.master_rx_lower_priority}) add(all, *one);
}

void add(Commands& all, const model::Pool& pool) {
    add(all, pool.quorum_up);
    add(all, pool.quorum_down);
    for (const model::WatchedServer& server : pool.servers) {
        add(all, server.notify_up);
        add(all, server.notify_down);
        for (const model::Check& check : server.checks) {
            if (const auto* misc = std::get_if<model::MiscCheck>(&check.kind)) all.push_back(misc->command);
        }
    }
}

Commands commands_of(const model::Site& site) {
    Commands all;
    const model::Globals& globals = site.globals;
    for (const auto* one : {&globals.startup_script, &globals.shutdown_script, &globals.notify_fifo.script, &globals.vrrp_fifo.script, &globals.lvs_fifo.script}) add(all, *one);
    for (const model::VrrpScript& one : site.vrrp.scripts) all.push_back(one.command);
    for (const model::VrrpInstance& one : site.vrrp.instances) add(all, one.notify);
    for (const model::VrrpSyncGroup& one : site.vrrp.groups) add(all, one.notify);
    for (const model::Pool& one : site.pools) add(all, one);
    return all;
}

int signal_number(std::string_view name, const KeepalivedSurroundings& world) {
    struct Named {
        std::string_view name;
        int number;
    };
    const std::array signals{Named{"STOP", SIGTERM}, Named{"RELOAD", SIGHUP}, Named{"DATA", SIGUSR1}, Named{"STATS", SIGUSR2},
                             Named{"STATS_CLEAR", SIGRTMAX - 1}, Named{"JSON", SIGRTMIN + 2}};
    const auto found = std::ranges::find(signals, name, &Named::name);
    if (found == signals.end()) {
        world.error(fmt::format("Unknown signal name {}\n", printable(name)));
        return wrong_usage;
    }
    world.out(fmt::format("{}\n", found->number));
    return good;
}

int check(const Request& request, const KeepalivedSurroundings& world) {
    config::Options with = world.options;
    if (!request.id.empty()) with.config_id = request.id;
    with.strict_includes = request.strict_includes;
    const config::Outcome outcome = world.load(request.file, with);
    const int status = keepalived_status(outcome, world.executable);
    std::string text = outcome.diagnostics.all().empty() ? "" : outcome.report();
    if (status == insecure && outcome.usable()) text += "scripts run as root: enable_script_security is not set\n";
    if (!request.log) {
        world.error(text);
    } else if (!world.write(*request.log, text)) {
        world.error(fmt::format("keepalived: cannot write {}\n", printable(*request.log)));
        return wrong_usage;
    }
    return status;
}

std::string help_text() {
    std::string text = "usage: keepalived [OPTIONS]\n\nlvx under the name of keepalived.  What it does:\n"
                       "  -t, --config-test[=FILE]  say what is wrong with the configuration, on standard error or into FILE\n"
                       "  -f, --use-file=FILE       this configuration\n"
                       "  -i, --config-id=ID        of @ID lines\n"
                       "  -e, --all-config          an include that finds nothing is an error\n"
                       "  -n, --dont-fork           run lvxd with it, in the foreground\n"
                       "  --signum=NAME             the number of a signal: STOP RELOAD DATA STATS STATS_CLEAR JSON\n"
                       "  -v, -h\n\nTaken and without meaning to lvxd:";
    for (const Option& option : options) {
        if (option.does == Does::unneeded) text += option.letter != 0 ? fmt::format(" -{}", option.letter) : fmt::format(" --{}", option.name);
    }
    return text + "\n";
}

}  // namespace

int keepalived_status(const config::Outcome& outcome, const std::function<bool(const std::string& program)>& executable) {
    using config::Code;
    std::set<Code> errors, others;
    for (const config::Diagnostic& one : outcome.diagnostics.all()) {
        if (one.severity == config::Severity::error) errors.insert(one.code);
        // A plain include that finds nothing is a line in keepalived's log.
        else if (!own_remark(one.code) && one.code != Code::include_unmatched) others.insert(one.code);
    }
    if (errors.contains(Code::missing_argument)) return missing_argument;
    if (errors.contains(Code::file_unreadable) || errors.contains(Code::not_supported_yet)) return unusable;
    if (errors.contains(Code::include_unmatched)) return insecure;
    const Commands commands = commands_of(outcome.site);
    const auto runs = [&](const model::Command& one) { return !one.words.empty() && executable(one.words[0]); };
    if (!outcome.site.globals.script_security && std::ranges::any_of(commands, runs)) return insecure;
    return errors.empty() && others.empty() ? good : complaints;
}

int run_keepalived(std::span<const std::string> words, const KeepalivedSurroundings& world) {
    const auto request = Reader(words).run();
    if (!request) {
        world.error(fmt::format("keepalived: {}\n", request.error()));
        return wrong_usage;
    }
    if (request->help) return world.out(help_text()), good;
    if (request->version) return world.out(fmt::format("Keepalived, as lvx {}\n", LVX_VERSION)), good;
    if (!request->signal.empty()) return signal_number(request->signal, world);
    if (request->check) return check(*request, world);
    if (!request->foreground) {
        world.error("keepalived: lvxd stays in the foreground: say -n, or let systemd start lvxd\n");
        return wrong_usage;
    }
    std::vector<std::string> arguments{"--file", request->file};
    if (!request->id.empty()) arguments.insert(arguments.end(), {"--config-id", request->id});
    return world.become_lvxd(arguments);
}

}  // namespace lvx::cli
