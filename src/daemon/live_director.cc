#include "daemon/live_director.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>
#include <utility>

#include "daemon/words.hh"

namespace lvx::daemon {

namespace {

constexpr std::size_t lines_logged = 20;  // of one change; a restore of thousands is not told line by line
constexpr std::chrono::seconds retry_interfaces{10};  // another program may have left the interface meanwhile

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string first_error(const config::Outcome& outcome) {
    for (const config::Diagnostic& each : outcome.diagnostics.all())
        if (each.severity == config::Severity::error)
            return fmt::format("{}: {}", outcome.sources.text(each.place), each.message);
    return "loaded";
}

// Such a refusal is about the driver, and tc can do it; other programs (EBUSY) and privilege (EPERM) stay refusals.
bool is_about_the_driver(const Error& error) {
    return error.code == EOPNOTSUPP || error.code == EINVAL || error.code == ENOMEM || error.code == ERANGE ||
           error.code == E2BIG || error.code == ENOSPC;
}

}  // namespace

LiveDirector::LiveDirector(Surroundings surroundings, Identity identity, Settings settings)
    : outside_(std::move(surroundings)),
      identity_(std::move(identity)),
      settings_(std::move(settings)),
      started_(outside_.now()) {}

Result<void> LiveDirector::start() {
    if (outside_.dataplane.adopted()) {
        cluster_ = outside_.dataplane.running();
        outside_.log.notice("adopted the tables of an earlier daemon; its connections go on",
                            {{"services", std::to_string(cluster_.services.size())},
                             {"connections", std::to_string(outside_.dataplane.use().connections)}});
    }
    if (identity_.file.empty()) return {};
    const config::Outcome outcome = load_and_log();
    if (!outcome.usable())
        return refusal(fmt::format("{} has errors; nothing was applied", identity_.file), 0,
                       "correct it, or try it with lvxd --check -f " + identity_.file);
    TRY(change_to(outcome.site.cluster));
    file_cluster_ = outcome.site.cluster;
    return {};
}

// Errors and warnings go to the log line by line, as the reader printed them.
config::Outcome LiveDirector::load_and_log() {
    config::Outcome outcome = outside_.load();
    configuration_state_ = first_error(outcome);
    if (outcome.diagnostics.all().empty()) return outcome;
    const log::Level level = outcome.usable() ? log::Level::warning : log::Level::error;
    for (const std::string& line : lines_of(outcome.report())) outside_.log.write(level, line, {});
    return outcome;
}

Result<void> LiveDirector::change_to(const model::Cluster& cluster) {
    TRY(outside_.dataplane.apply(cluster));
    log_change(plan::diff(cluster_, cluster));
    cluster_ = cluster;
    ++generation_;
    drop_estimators_of_the_gone();
    outside_.log.info("configuration applied", {{"services", std::to_string(cluster.services.size())},
                                                {"servers", std::to_string(server_count(cluster))},
                                                {"generation", std::to_string(generation_)}});
    return {};
}

void LiveDirector::log_change(const std::vector<plan::Step>& steps) {
    const std::string text = plan::explain(steps);
    log_list(log::Level::info, lines_of(text));
}

std::optional<net::Instant> LiveDirector::refresh() {
    const std::vector<std::string> before = problems_;
    const std::size_t known_refusals = mind_.without_native_xdp.size();
    mind_.retry_interfaces = retry_at_ && outside_.now() >= *retry_at_;
    std::optional<net::Instant> wake = one_step();
    // A driver that has just refused native XDP is served at tc at once.
    if (mind_.without_native_xdp.size() != known_refusals) wake = one_step();
    log_problems(before);
    if (!retry_at_) return wake;
    return wake ? std::min(*wake, *retry_at_) : *retry_at_;
}

std::optional<net::Instant> LiveDirector::one_step() {
    Step result = step(mind_, cluster_, outside_.world, settings_, outside_.now());
    mind_ = std::move(result.mind);
    problems_ = std::move(result.problems);
    for (const Action& action : result.actions) std::visit([&](const auto& each) { carry_out(each); }, action);
    return result.wake;
}

// The first lines of a long list, and how many more there are.
void LiveDirector::log_list(log::Level level, std::span<const std::string> lines) {
    const std::size_t shown = std::min(lines.size(), lines_logged);
    for (const std::string& line : lines.first(shown)) outside_.log.write(level, line, {});
    if (lines.size() > shown) outside_.log.write(level, fmt::format("and {} more", lines.size() - shown), {});
}

void LiveDirector::log_problems(const std::vector<std::string>& before) {
    const std::set<std::string> old(before.begin(), before.end()), now(problems_.begin(), problems_.end());
    std::vector<std::string> fresh, gone;
    std::ranges::set_difference(now, old, std::back_inserter(fresh));
    std::ranges::set_difference(old, now, std::back_inserter(gone));
    for (std::string& problem : gone) problem = "no longer: " + problem;
    log_list(log::Level::warning, fresh);
    log_list(log::Level::notice, gone);
}

void LiveDirector::carry_out(const SetInterfaces& action) {
    const std::vector<Error> before = std::exchange(refused_interfaces_, outside_.dataplane.set_interfaces(action.choices));
    for (const Error& error : refused_interfaces_) {
        if (std::ranges::find(before, error) == before.end())
            outside_.log.error(error.sentence(), {{"hint", error.hint}});
        note_refused(action.choices, error);
    }
    if (refused_interfaces_.empty()) retry_at_.reset();
    else retry_at_ = outside_.now() + retry_interfaces;
}

void LiveDirector::note_refused(const std::vector<net::InterfaceChoice>& choices, const Error& error) {
    for (const net::InterfaceChoice& choice : choices)
        if (choice.hook == net::Hook::xdp_native && is_about_the_driver(error) && names_interface(error, choice.name))
            mind_.without_native_xdp.insert(choice.ifindex);
}

void LiveDirector::carry_out(const SetWays& action) { outside_.dataplane.set_ways(action.ways); }

void LiveDirector::carry_out(const ForgetClientWays&) { outside_.dataplane.forget_client_ways(); }

void LiveDirector::carry_out(const Solicit& action) { outside_.solicit(action.solicitations); }

void LiveDirector::carry_out(const WayChanged& action) {
    const std::string address = action.after.server.text();
    const std::string neighbour = neighbour_text(outside_.world, action.after.way);
    if (action.after.way && action.after.way->mac)
        return outside_.log.info("next hop of real server " + address + " is known", {{"neighbour", neighbour}});
    outside_.log.warning("next hop of real server " + address + " is lost", {{"reason", neighbour}});
}

void LiveDirector::sample() {
    for (const model::Service& service : cluster_.services) {
        service_rates_[service.key].sample(outside_.dataplane.service_counters(service.key));
        for (const model::Server& server : service.servers)
            server_rates_[{service.key, server.endpoint}].sample(
                outside_.dataplane.server_traffic(service.key, server.endpoint).counters);
    }
    outside_.log.flush();
}

void LiveDirector::drop_estimators_of_the_gone() {
    std::set<ServerKey> servers;
    for (const model::Service& service : cluster_.services)
        for (const model::Server& server : service.servers) servers.emplace(service.key, server.endpoint);
    std::erase_if(server_rates_, [&](const auto& each) { return !servers.contains(each.first); });
    std::set<model::ServiceKey> services;
    for (const model::Service& service : cluster_.services) services.insert(service.key);
    std::erase_if(service_rates_, [&](const auto& each) { return !services.contains(each.first); });
}

void LiveDirector::zero(const std::optional<model::ServiceKey>& key) {
    outside_.dataplane.zero(key);
    std::erase_if(service_rates_, [&](const auto& each) { return !key || each.first == *key; });
    std::erase_if(server_rates_, [&](const auto& each) { return !key || each.first.first == *key; });
}

api::Execution LiveDirector::execute(std::span<const model::Operation> operations) {
    const model::AppliedList list = model::apply_all(cluster_, operations);
    if (list.cluster != cluster_) {
        if (const auto changed = change_to(list.cluster); !changed) {
            outside_.log.error(changed.error().sentence(), {{"hint", changed.error().hint}});
            return {.executed = 0, .refusal = changed.error().code == 0 ? EIO : changed.error().code};
        }
        outside_.changed();
    }
    for (const model::Operation& each : operations.first(list.executed))
        if (const auto* zeroing = std::get_if<model::Zero>(&each)) zero(zeroing->key);
    return {.executed = list.executed, .refusal = list.refusal};
}

api::ReloadOutcome LiveDirector::reload() {
    if (identity_.file.empty())
        return {.applied = false, .diagnostics = "lvxd was started without a file (-f FILE): there is nothing to reload\n"};
    const config::Outcome outcome = load_and_log();
    if (!outcome.usable()) {
        outside_.log.error("reload refused; the running configuration stays",
                           {{"file", identity_.file}, {"errors", std::to_string(outcome.diagnostics.errors())}});
        return {.applied = false, .diagnostics = outcome.report()};
    }
    const model::Cluster after = reloaded(file_cluster_, outcome.site.cluster, cluster_);
    if (after == cluster_) {
        outside_.log.info("reloaded; nothing changed", {{"file", identity_.file}});
    } else if (const auto changed = change_to(after); !changed) {
        configuration_state_ = changed.error().sentence();
        outside_.log.error("reload refused: " + configuration_state_, {{"hint", changed.error().hint}});
        return {.applied = false, .diagnostics = changed.error().sentence() + "\n"};
    }
    file_cluster_ = outcome.site.cluster;
    outside_.changed();
    return {.applied = true, .diagnostics = outcome.diagnostics.all().empty() ? "" : outcome.report()};
}

void LiveDirector::stop(api::StopKind kind) { outside_.stop(kind); }

}  // namespace lvx::daemon
