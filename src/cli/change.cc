#include "cli/change.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "api/json.hh"
#include "base/text.hh"
#include "base/text_diff.hh"
#include "cli/change_text.hh"
#include "cli/duration.hh"
#include "cli/load_options.hh"
#include "config/bundle.hh"
#include "config/disk_reader.hh"
#include "config/load.hh"

namespace lvx::cli {

namespace {

constexpr std::chrono::milliseconds drain_look{500};

class Commands {
 public:
    Commands(const Invocation& invocation, const ChangeSurroundings& around, api::Client client)
        : invocation_(invocation), around_(around), client_(std::move(client)) {}

    int run() {
        switch (invocation_.command) {
            case CommandId::config_show: return show(asked<api::ConfigurationView>("GET", "/v1/config", ""), configuration_text);
            case CommandId::config_plan: return plan();
            case CommandId::config_apply: return apply();
            case CommandId::config_confirm: return show_applied(asked<api::ApplyOutcome>("POST", "/v1/config/confirm", ""));
            case CommandId::config_history: return show(asked<api::History>("GET", "/v1/config/history", ""), history_text);
            case CommandId::config_rollback: return rollback();
            case CommandId::config_diff: return diff();
            case CommandId::config_delta: return delta();
            case CommandId::override_list: return show(asked<api::OverridesSnapshot>("GET", "/v1/overrides", ""), overrides_text);
            case CommandId::override_clear: return clear();
            default: return server();
        }
    }

 private:
    int refused(const Error& error) const {
        around_.error(fmt::format("lvx: {}\n", error.sentence()));
        if (!error.hint.empty()) around_.error(fmt::format("     {}\n", error.hint));
        return exit_refused;
    }

    int usage(std::string_view text) const {
        around_.error(fmt::format("lvx: {}\n", text));
        return exit_usage;
    }

    // A proper answer, be it a yes (200) or a refusal with its reasons (422).
    template <class T>
    Result<T> asked(std::string_view method, std::string_view target, std::string_view body) {
        const api::HttpAnswer answer = TRY(client_.request(method, target, body));
        if (answer.status != 200 && answer.status != 422) {
            const auto problem = api::from_json<api::Problem>(answer.body);
            if (!problem) return refusal(fmt::format("{} {}: status {}", method, target, answer.status), 0);
            return refusal(problem->detail, 0, problem->hint);
        }
        auto value = api::from_json<T>(answer.body);
        if (!value) return refusal("cannot read the daemon's answer: " + value.error().sentence(), 0, "tool and daemon are of different versions");
        return std::move(*value);
    }

    [[nodiscard]] bool json() const { return invocation_.options.contains("--json"); }

    template <class T>
    int show(const Result<T>& answer, std::string (*text)(const T&)) {
        if (!answer) return refused(answer.error());
        around_.out(json() ? api::to_json(*answer) + "\n" : text(*answer));
        return exit_done;
    }

    int show_applied(const Result<api::ApplyOutcome>& outcome) {
        if (!outcome) return refused(outcome.error());
        if (json()) around_.out(api::to_json(*outcome) + "\n");
        if (!json() || !outcome->applied) around_.error(outcome->diagnostics);
        if (!outcome->applied) {
            around_.error("lvx: the configuration was refused; nothing was changed\n");
            return exit_refused;
        }
        if (!json()) around_.out(applied_text(*outcome));
        return exit_done;
    }

    // The file with all it includes, as it is read here.
    static Result<model::ConfigurationText> read(const std::string& file) {
        std::error_code error;
        const std::string path = std::filesystem::absolute(file, error).lexically_normal().string();
        const auto main = config::disk_reader().read(path);
        if (!main) return std::unexpected(main.error());
        return config::bundle(config::load(config::disk_reader(), path, load_options()).sources, path);
    }

    int plan() {
        const auto text = read(invocation_.operands[0]);
        if (!text) return refused(text.error());
        const auto plan = asked<api::PlanOutcome>("POST", "/v1/config/plan", api::to_json(*text));
        if (!plan) return refused(plan.error());
        if (json()) around_.out(api::to_json(*plan) + "\n");
        else around_.error(plan->diagnostics);
        if (!plan->usable) {
            around_.error("lvx: the configuration would be refused\n");
            return exit_refused;
        }
        if (!json()) around_.out(plan_text(*plan, invocation_.operands[0]));
        return plan->lines.empty() && plan->restart.empty() ? exit_done : exit_different;
    }

    int apply() {
        auto text = read(invocation_.operands[0]);
        if (!text) return refused(text.error());
        api::ApplyRequest request{.text = std::move(*text)};
        const auto confirm = time("--confirm");
        if (!confirm) return exit_usage;
        request.confirm_s = *confirm;
        return show_applied(asked<api::ApplyOutcome>("POST", "/v1/config/apply", api::to_json(request)));
    }

    int rollback() {
        std::string target = "/v1/config/rollback";
        if (!invocation_.operands.empty()) {
            if (!is_number(invocation_.operands[0])) return usage(fmt::format("\"{}\" is no number of the history", printable(invocation_.operands[0])));
            target += "?number=" + invocation_.operands[0];
        }
        return show_applied(asked<api::ApplyOutcome>("POST", target, ""));
    }

    static bool is_number(std::string_view word) {
        return !word.empty() && word.size() < 19 && word.find_first_not_of("0123456789") == word.npos;
    }

    // Seconds of an option that takes a time; 0 when it is not there.
    std::optional<std::uint64_t> time(std::string_view option) {
        const auto found = invocation_.values.find(option);
        if (found == invocation_.values.end()) return 0;
        const auto duration = parse_duration(found->second);
        if (duration) return static_cast<std::uint64_t>(duration->count());
        (void)usage(fmt::format("\"{}\" is no time: 30s, 5m, 2h, 1d", printable(found->second)));
        return std::nullopt;
    }

    Result<model::ConfigurationText> text_of(const std::string& word) {
        if (is_number(word)) return asked<model::ConfigurationText>("GET", "/v1/config/text?number=" + word, "");
        return read(word);
    }

    int diff() {
        const std::vector<std::string>& words = invocation_.operands;
        auto running = asked<model::ConfigurationText>("GET", "/v1/config/text", "");
        if (!running) return refused(running.error());
        std::string first_name = "running", second_name = "running";
        Result<model::ConfigurationText> first = *running, second = *running;
        if (words.empty()) {
            const auto status = client_.status();
            if (!status) return refused(status.error());
            if (status->configuration_file.empty()) return usage("the daemon was started without a file: name one");
            second_name = status->configuration_file;
            second = read(second_name);
        } else {
            if (words.size() == 2) first = text_of(first_name = words[0]);
            second = text_of(second_name = words.back());
        }
        if (!first) return refused(first.error());
        if (!second) return refused(second.error());
        const std::string text = unified_diff(first_name, flat(*first), second_name, flat(*second));
        around_.out(text);
        return text.empty() ? exit_done : exit_different;
    }

    // All files in one, with their names where there are several.
    static std::string flat(const model::ConfigurationText& text) {
        if (text.files.size() == 1) return text.files.front().text;
        std::string result;
        for (const model::TextFile& file : text.files) result += fmt::format("# {}\n{}\n", file.name, file.text);
        return result;
    }

    int delta() {
        const auto found = invocation_.values.find("--as");
        const std::string form = found == invocation_.values.end() ? "keepalived" : found->second;
        if (form != "keepalived" && form != "ipvsadm") return usage("--as is keepalived or ipvsadm");
        const auto answer = client_.request("GET", "/v1/config/delta?as=" + form, "");
        if (!answer) return refused(answer.error());
        around_.out(answer->body);
        return exit_done;
    }

    int clear() {
        const bool all = invocation_.options.contains("--all");
        if (all == !invocation_.operands.empty()) return usage("name one override, or say --all");
        const auto outcome = asked<api::ClearOutcome>("DELETE", all ? "/v1/overrides" : "/v1/overrides/" + invocation_.operands[0], "");
        if (!outcome) return refused(outcome.error());
        for (const std::string& name : outcome->cleared) around_.out(name + " cleared\n");
        return exit_done;
    }

    // ---- servers ----

    std::optional<Endpoint> endpoint(std::string_view word) {
        if (const auto address = Address::parse(word)) return Endpoint{*address, 0};
        const std::size_t colon = word.rfind(':');
        if (colon == word.npos) return std::nullopt;
        std::string_view host = word.substr(0, colon);
        if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
        const auto address = Address::parse(host);
        const auto port = parse_port(word.substr(colon + 1));
        if (!address || !port) return std::nullopt;
        return Endpoint{*address, *port};
    }

    Result<model::ServiceKey> service(const std::string& word) {
        const auto services = TRY(client_.services());
        std::optional<model::ServiceKey> found;
        for (const api::ServiceSnapshot& each : services.services) {
            const std::string text = each.service.key.text();
            if (text == word) return each.service.key;
            if (!text.ends_with("/" + word)) continue;
            if (found) return refusal(fmt::format("{} may be {} or {}", word, found->text(), text), 0);
            found = each.service.key;
        }
        if (!found) return refusal(fmt::format("there is no service {}", printable(word)), 0, "lvx services lists them");
        return *found;
    }

    Result<api::ServerRequest> server_request() {
        api::ServerRequest request{.action = std::string(action())};
        const auto named = endpoint(invocation_.operands[0]);
        if (!named) return refusal(fmt::format("\"{}\" is no real server: 10.0.0.2 or 10.0.0.2:80", printable(invocation_.operands[0])), 0);
        request.server = *named;
        if (const auto found = invocation_.values.find("--service"); found != invocation_.values.end()) request.service = TRY(service(found->second));
        if (invocation_.command == CommandId::weight) {
            const auto weight = parse_integer(invocation_.operands[1]);
            if (!weight || *weight < 0 || *weight > 65535) return refusal("a weight is a number from 0 to 65535", 0);
            request.weight = static_cast<std::uint32_t>(*weight);
        }
        if (const auto found = invocation_.values.find("--then"); found != invocation_.values.end()) {
            if (found->second != "disable" && found->second != "remove") return refusal("--then is disable or remove", 0);
            request.then = found->second == "remove" ? model::AfterDrain::remove : model::AfterDrain::disable;
        }
        const auto timeout = time("--timeout"), until = time("--for");
        if (!timeout || !until) return refusal("nothing was changed", 0);
        request.timeout_s = *timeout;
        request.for_s = *until;
        return request;
    }

    [[nodiscard]] std::string_view action() const {
        switch (invocation_.command) {
            case CommandId::drain: return "drain";
            case CommandId::enable: return "enable";
            case CommandId::disable: return "disable";
            default: return "weight";
        }
    }

    int server() {
        const auto request = server_request();
        if (!request) return refused(request.error());
        const auto outcome = asked<api::ServersOutcome>("POST", "/v1/servers", api::to_json(*request));
        const int shown = show(outcome, servers_text);
        if (shown != exit_done || !invocation_.options.contains("--wait")) return shown;
        return wait(*outcome);
    }

    // One line whenever a number changed, until no drain of these servers is under way any more.
    int wait(const api::ServersOutcome& drained) {
        std::map<std::string, std::string> said;
        const auto began = std::chrono::steady_clock::now();
        for (;;) {
            const auto overrides = asked<api::OverridesSnapshot>("GET", "/v1/overrides", "");
            if (!overrides) return refused(overrides.error());
            const auto services = client_.services();
            if (!services) return refused(services.error());
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
            bool under_way = false;
            for (const api::ChangedServer& each : drained.servers) {
                const bool drains = std::ranges::any_of(overrides->overrides, [&](const api::OverrideSnapshot& one) {
                    return one.override.name == each.override && one.override.kind == model::OverrideKind::drained;
                });
                under_way = under_way || drains;
                const std::string line = progress(each, *services, drains);
                if (std::exchange(said[each.override], line) != line)
                    around_.out(fmt::format("{:02}:{:02}:{:02}  {}\n", seconds.count() / 3600, seconds.count() / 60 % 60, seconds.count() % 60, line));
            }
            if (!under_way) return exit_done;
            around_.pause(drain_look);
        }
    }

    static std::string progress(const api::ChangedServer& server, const api::ServicesSnapshot& services, bool drains) {
        for (const api::ServiceSnapshot& service : services.services) {
            if (service.service.key != server.service) continue;
            for (const api::ServerSnapshot& each : service.servers)
                if (each.server.endpoint == server.server)
                    return fmt::format("{} of {}   active {}   inactive {}   persistent {}{}", server.server.text(), server.service.text(), each.active,
                                       each.inactive, each.persistent, drains ? "" : each.active == 0 ? "   drained" : "   time is over: these stay");
        }
        return fmt::format("{} of {}   gone", server.server.text(), server.service.text());
    }

    const Invocation& invocation_;
    const ChangeSurroundings& around_;
    api::Client client_;
};

}  // namespace

bool is_about_changes(CommandId command) {
    return (CommandId::config_show <= command && command <= CommandId::config_delta) ||
           (CommandId::drain <= command && command <= CommandId::override_clear);
}

int run_change(const Invocation& invocation, const ChangeSurroundings& surroundings) {
    auto client = surroundings.connect();
    if (client) return Commands(invocation, surroundings, std::move(*client)).run();
    surroundings.error(fmt::format("lvx: {}\n", client.error().sentence()));
    if (!client.error().hint.empty()) surroundings.error(fmt::format("     {}\n", client.error().hint));
    return exit_no_daemon;
}

}  // namespace lvx::cli
