#include "cli/run.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "api/client.hh"
#include "api/json.hh"
#include "base/text.hh"
#include "api/sync_client.hh"
#include "cli/change.hh"
#include "cli/convert.hh"
#include "cli/drill.hh"
#include "cli/events.hh"
#include "cli/genhash.hh"
#include "cli/ipvsadm/applet.hh"
#include "cli/ipvsadm/names.hh"
#include "cli/keepalived.hh"
#include "cli/load_options.hh"
#include "cli/marks.hh"
#include "cli/sync.hh"
#include "cli/tables.hh"
#include "cli/topic.hh"
#include "cli/usage.hh"
#include "cli/vrrp.hh"
#include "config/disk_reader.hh"
#include "config/load.hh"
#include "lab/demo.hh"

namespace lvx::cli {

namespace {

constexpr std::size_t input_limit = std::size_t{256} << 20;  // bytes of standard input; a save file of 3 million lines

[[nodiscard]] Result<std::string> standard_input();

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void complain(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string socket_path(const std::string& of_option) {
    if (!of_option.empty()) return of_option;
    const char* const of_environment = std::getenv("LVX_SOCKET");
    return of_environment != nullptr && *of_environment != '\0' ? of_environment : std::string(api::default_socket_path);
}

Result<api::Client> connect(const std::string& path) { return api::Client::connect(path, api::default_request_timeout); }

int failed(const Error& error, ExitStatus status) {
    complain(fmt::format("lvx: {}\n", error.sentence()));
    if (!error.hint.empty()) complain(fmt::format("     {}\n", error.hint));
    return status;
}

// ---- questions ----

template <class T>
int show(const Result<T>& answer, const Invocation& invocation, std::string (*text)(const T&)) {
    if (!answer) return failed(answer.error(), exit_refused);
    print(invocation.options.contains("--json") ? api::to_json(*answer) + "\n" : text(*answer));
    return exit_done;
}

int show_status(api::Client& client, const Invocation& invocation) {
    const auto status = client.status();
    const int shown = show(status, invocation, status_text);
    return shown == exit_done && !status->problems.empty() ? exit_refused : shown;
}

int show_services(api::Client& client, const Invocation& invocation) {
    const auto services = client.services();
    if (!services || invocation.options.contains("--json")) return show(services, invocation, +[](const api::ServicesSnapshot&) { return std::string(); });
    const auto checks = client.checks();
    if (!checks) return failed(checks.error(), exit_refused);
    print(services_text(*services, *checks));
    return exit_done;
}

int show_connections(api::Client& client, const Invocation& invocation) {
    const bool json = invocation.options.contains("--json");
    if (!json) print(connections_title());
    const auto told = client.connections([&](const api::ConnectionSnapshot& connection) {
        print(json ? api::to_json(connection) + "\n" : connection_row(connection));
    });
    return told ? exit_done : failed(told.error(), exit_refused);
}

int show_drops(api::Client& client, const Invocation& invocation) {
    auto verdicts = client.verdicts();
    if (verdicts && !invocation.options.contains("--all")) verdicts = only_drops(std::move(*verdicts));
    return show(verdicts, invocation, +[](const api::Verdicts& shown) { return drops_text(shown); });
}

// ---- orders ----

int reload(api::Client& client) {
    const auto outcome = client.reload();
    if (!outcome) return failed(outcome.error(), exit_refused);
    complain(outcome->diagnostics);
    if (!outcome->diagnostics.empty() && !outcome->diagnostics.ends_with('\n')) complain("\n");
    if (outcome->applied) return exit_done;
    complain("lvx: the configuration was refused; nothing was changed\n");
    return exit_refused;
}

int ordered(const Result<void>& done) { return done ? exit_done : failed(done.error(), exit_refused); }

int stop(api::Client& client, const Invocation& invocation) {
    const bool forwarding = invocation.options.contains("--forwarding");
    const auto stopped = client.stop(forwarding ? api::StopKind::stop_forwarding : api::StopKind::keep_forwarding);
    return stopped ? exit_done : failed(stopped.error(), exit_refused);
}

// ---- other programs' files and words ----

Result<std::string> text_of(const std::string& path) {
    return path == "-" ? standard_input() : config::disk_reader().read(path);
}

int convert(const Invocation& invocation) {
    return run_convert(invocation, {.read = text_of, .out = print, .error = complain, .host_name = load_options().config_id});
}

bool write_file(const std::string& path, std::string_view text) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "we"), std::fclose);
    return file && std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() && std::fflush(file.get()) == 0;
}

// The daemon that stands beside this program, else the one in PATH.
int become_lvxd(std::span<const std::string> arguments) {
    std::error_code failed_to_read;
    const auto beside = std::filesystem::read_symlink("/proc/self/exe", failed_to_read).parent_path() / "lvxd";
    std::vector<std::string> words{!failed_to_read && ::access(beside.c_str(), X_OK) == 0 ? beside.string() : "lvxd"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execvp(pointers[0], pointers.data());
    return failed(Error{"cannot start " + words[0], errno}, exit_refused);
}

bool executable(const std::string& program) {
    if (program.contains('/')) return ::access(program.c_str(), X_OK) == 0;
    const char* const path = std::getenv("PATH");
    for (const std::string_view folder : split_at(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
        if (::access(fmt::format("{}/{}", folder, program).c_str(), X_OK) == 0) return true;
    }
    return false;
}

int keepalived(std::span<const std::string> words) {
    const auto load = [](const std::string& file, const config::Options& options) { return config::load(config::disk_reader(), file, options); };
    return run_keepalived(words, {.load = load, .out = print, .error = complain, .write = write_file, .executable = executable, .become_lvxd = become_lvxd, .options = load_options()});
}

int keepalived_command(const Invocation& invocation) {
    std::vector<std::string> words{"keepalived"};
    words.insert(words.end(), invocation.operands.begin(), invocation.operands.end());
    return keepalived(words);
}

ChangeSurroundings change_surroundings(const std::string& socket_option);

int failover(api::Client& client, const Invocation& invocation) {
    if (invocation.options.contains("--drill")) {
        const ChangeSurroundings surroundings = change_surroundings(invocation.socket);
        return run_drill(invocation, {.connect = surroundings.connect, .out = surroundings.out, .error = surroundings.error});
    }
    return ordered(client.failover(invocation.operands[0]));
}

// What is wrong with the words themselves, which needs no daemon; "" = nothing.
std::string misuse(const Invocation& invocation) {
    if (invocation.command == CommandId::standby && invocation.operands[0] != "on" && invocation.operands[0] != "off") return "usage: lvx standby on|off";
    if (invocation.command != CommandId::failover) return "";
    if (invocation.options.contains("--drill")) return drill_misuse(invocation);
    if (!invocation.operands.empty() && invocation.values.empty()) return "";
    return "usage: lvx failover INSTANCE\n       lvx failover --drill [--from NAMESPACE] [--service ADDRESS:PORT] [--connections NUMBER] [INSTANCE]";
}

int with_daemon(const Invocation& invocation) {
    if (const std::string wrong = misuse(invocation); !wrong.empty()) {
        complain(fmt::format("{}{}\n", wrong.starts_with("usage") ? "" : "lvx: ", wrong));
        return exit_usage;
    }
    auto client = connect(socket_path(invocation.socket));
    if (!client) return failed(client.error(), exit_no_daemon);
    switch (invocation.command) {
        case CommandId::status: return show_status(*client, invocation);
        case CommandId::services: return show_services(*client, invocation);
        case CommandId::checks: return show(client->checks(), invocation, checks_text);
        case CommandId::connections: return show_connections(*client, invocation);
        case CommandId::drops: return show_drops(*client, invocation);
        case CommandId::vrrp: return show(client->vrrp(), invocation, vrrp_text);
        case CommandId::failover: return failover(*client, invocation);
        case CommandId::standby: return ordered(client->standby(invocation.operands[0] == "on"));
        case CommandId::sync_status: return show(api::fetch_sync(*client), invocation, sync_text);
        case CommandId::interfaces: return show(client->interfaces(), invocation, interfaces_text);
        case CommandId::events: return show_events(*client, invocation, change_surroundings(invocation.socket));
        case CommandId::bfd: return show(client->bfd(), invocation, bfd_text);
        case CommandId::marks: return show(client->marks(), invocation, marks_text);
        case CommandId::reload: return reload(*client);
        default: return stop(*client, invocation);
    }
}

// ---- without a daemon ----

int check_configuration(const Invocation& invocation) {
    config::Options options = load_options();
    options.keepalived_order = invocation.options.contains("--keepalived-order");
    const config::Outcome outcome = config::load(config::disk_reader(), invocation.operands[0], options);
    complain(outcome.report());
    if (!outcome.usable()) return exit_refused;
    std::size_t servers = 0;
    for (const model::Service& service : outcome.site.cluster.services) servers += service.servers.size();
    print(fmt::format("{}: {} virtual services, {} real servers\n", invocation.operands[0], outcome.site.cluster.services.size(), servers));
    return exit_done;
}

int help(const Invocation& invocation) {
    if (invocation.operands.empty()) {
        print(overview());
        return exit_done;
    }
    std::string name;
    for (const std::string& word : invocation.operands) name += (name.empty() ? "" : " ") + word;
    const auto text = help_about(name);
    if (!text) {
        complain(text.error());
        return exit_usage;
    }
    print(*text);
    return exit_done;
}

int version() {
    print(fmt::format("lvx {}\n", LVX_VERSION));
    return exit_done;
}

int demo(const Invocation& invocation) {
    const std::vector<std::string_view> words(invocation.operands.begin(), invocation.operands.end());
    return lab::demo_main(words);
}

// ---- the applets of ipvsadm ----

Result<std::string> standard_input() {
    std::string text;
    char buffer[65536];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, stdin)) != 0;) {
        text.append(buffer, got);
        if (text.size() > input_limit) return refusal("cannot read standard input", EFBIG, "split it");
    }
    if (std::ferror(stdin) != 0) return refusal("cannot read standard input", errno);
    return text;
}

ipvsadm::Surroundings surroundings(const std::string& socket_option) {
    return {.connect = [path = socket_path(socket_option)] { return connect(path); },
            .input = standard_input,
            .out = print,
            .error = complain,
            .names = ipvsadm::system_names(),
            .labels = ipvsadm::system_labels()};
}

using Applet = int (*)(std::span<const std::string>, const ipvsadm::Surroundings&);

int run_applet(Applet applet, const Invocation& invocation) {
    std::vector<std::string> words{"ipvsadm"};
    words.insert(words.end(), invocation.operands.begin(), invocation.operands.end());
    return applet(words, surroundings(invocation.socket));
}

ChangeSurroundings change_surroundings(const std::string& socket_option) {
    return {.connect = [path = socket_path(socket_option)] { return connect(path); },
            .out = [](std::string_view text) {
                print(text);
                std::fflush(stdout);
            },
            .error = complain,
            .pause = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }};
}

int run_genhash(const Invocation& invocation) {
    std::vector<std::string> words{"genhash"};
    words.insert(words.end(), invocation.operands.begin(), invocation.operands.end());
    return genhash(words);
}

int dispatch(const Invocation& invocation) {
    if (is_about_changes(invocation.command)) return run_change(invocation, change_surroundings(invocation.socket));
    switch (invocation.command) {
        case CommandId::config_check: return check_configuration(invocation);
        case CommandId::demo: return demo(invocation);
        case CommandId::ipvsadm: return run_applet(ipvsadm::run, invocation);
        case CommandId::ipvsadm_save: return run_applet(ipvsadm::run_save, invocation);
        case CommandId::ipvsadm_restore: return run_applet(ipvsadm::run_restore, invocation);
        case CommandId::config_convert: return convert(invocation);
        case CommandId::keepalived: return keepalived_command(invocation);
        case CommandId::genhash: return run_genhash(invocation);
        case CommandId::help: return help(invocation);
        case CommandId::version: return version();
        default: return with_daemon(invocation);
    }
}

int run_lvx(std::span<const std::string> words) {
    const auto invocation = parse(words.subspan(std::min<std::size_t>(words.size(), 1)));
    if (invocation) return dispatch(*invocation);
    complain(invocation.error());
    return exit_usage;
}

}  // namespace

int run(std::span<const std::string> words) {
    const std::string_view path = words.empty() ? std::string_view{} : words.front();
    const std::string_view name = path.substr(path.rfind('/') + 1);
    int status = 0;
    if (name == "ipvsadm") status = ipvsadm::run(words, surroundings(""));
    else if (name == "ipvsadm-save") status = ipvsadm::run_save(words, surroundings(""));
    else if (name == "ipvsadm-restore") status = ipvsadm::run_restore(words, surroundings(""));
    else if (name == "keepalived") status = keepalived(words);
    else if (name == "genhash") status = genhash(words);
    else status = run_lvx(words);
    if (std::fflush(stdout) == 0 || status != exit_done) return status;
    return failed(Error{"cannot write the answer", errno}, exit_refused);
}

}  // namespace lvx::cli
