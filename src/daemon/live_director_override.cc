// What operators do at run time, and what ends by itself.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "config/ipvsadm/print.hh"
#include "config/keepalived/print.hh"
#include "daemon/delta.hh"
#include "daemon/live_director.hh"

namespace lvx::daemon {

namespace {

constexpr std::chrono::milliseconds drain_poll{500};  // how late the end of the last connection is noticed
constexpr std::uint64_t longest_time_s = 10ull * 365 * 86400;

std::unexpected<api::Problem> refused(std::uint32_t status, std::string title, std::string detail, std::string code, std::string hint) {
    return std::unexpected(api::Problem{.title = std::move(title), .status = status, .detail = std::move(detail), .code = std::move(code),
                                        .hint = std::move(hint)});
}

std::unexpected<api::Problem> refused(const Error& error) {
    return std::unexpected(api::Problem{.title = "Not changed", .status = 507, .detail = error.sentence(), .code = "not_changed", .hint = error.hint,
                                        .number = error.code});
}

std::optional<layers::ServerChange::Kind> kind_of(std::string_view action) {
    using Kind = layers::ServerChange::Kind;
    if (action == "drain") return Kind::drain;
    if (action == "enable") return Kind::enable;
    if (action == "disable") return Kind::disable;
    if (action == "weight") return Kind::weight;
    return std::nullopt;
}

std::uint32_t weight_in(const model::Cluster& cluster, const layers::ServerName& name) {
    const model::Service* service = cluster.find(name.service);
    if (service == nullptr) return 0;
    const auto found = std::ranges::find(service->servers, name.server, &model::Server::endpoint);
    return found == service->servers.end() ? 0 : found->weight;
}

std::string override_of(const model::RunState& state, const layers::ServerName& name) {
    for (const model::Override& each : state.overrides)
        if (each.kind >= model::OverrideKind::server_added && each.kind <= model::OverrideKind::disabled && each.service == name.service &&
            each.server == name.server && each.kind != model::OverrideKind::server_added)
            return each.name;
    return {};
}

bool stays_disabled(const model::RunState& state, const layers::ServerName& name) {
    if (name.service.protocol != model::Protocol::tcp) return false;
    return std::ranges::any_of(state.overrides, [&](const model::Override& each) {
        return each.kind == model::OverrideKind::drained && each.then == model::AfterDrain::disable && each.service == name.service &&
               each.server == name.server;
    });
}

}  // namespace

Result<void> LiveDirector::change_overrides(model::RunState state) {
    if (state == state_) return {};
    const model::Cluster next = effective(site(), state, view_);
    TRY(commit(std::move(state), next));
    layers_changed();
    outside_.changed();
    return {};
}

api::Execution LiveDirector::execute(std::span<const model::Operation> operations) {
    const model::AppliedList list = model::apply_all(cluster_, operations);
    const auto held = operations.first(list.executed);
    const bool changes = std::ranges::any_of(held, [](const model::Operation& each) { return !std::holds_alternative<model::Zero>(each); });
    if (changes) {
        model::RunState next = layers::executed(site(), state_, view_, held, {.who = asker_, .now = outside_.wall()});
        if (const auto changed = change_overrides(std::move(next)); !changed) {
            outside_.log.error(changed.error().sentence(), {{"hint", changed.error().hint}});
            return {.executed = 0, .refusal = changed.error().code == 0 ? EIO : changed.error().code, .sentence = changed.error().sentence()};
        }
    }
    for (const model::Operation& each : held)
        if (const auto* zeroing = std::get_if<model::Zero>(&each)) zero(zeroing->key);
    return {.executed = list.executed, .refusal = list.refusal};
}

std::expected<api::ServersOutcome, api::Problem> LiveDirector::change_servers(const api::ServerRequest& request, const std::string& who) {
    const auto kind = kind_of(request.action);
    if (!kind) return refused(400, "Bad Request", fmt::format("\"{}\" is nothing that is done to a server", request.action), "bad_request",
                              "drain, enable, disable or weight");
    if (request.timeout_s > longest_time_s || request.for_s > longest_time_s || request.weight > 65535)
        return refused(400, "Bad Request", "a number is too large", "bad_request", "weights go up to 65535, times to ten years");
    const auto servers = layers::servers_named(site(), state_, request.server, request.service);
    if (servers.empty())
        return refused(404, "Not Found", fmt::format("no service has the real server {}", request.server.port == 0 ? request.server.address.text() : request.server.text()),
                       "no_such_server", "lvx services lists them");
    const model::WallTime now = outside_.wall();
    layers::ServerChange change{.kind = *kind, .weight = request.weight, .then = request.then};
    if (request.timeout_s != 0) change.deadline = now + std::chrono::seconds(request.timeout_s);
    layers::Occasion occasion{.who = who, .now = now};
    if (request.for_s != 0) occasion.until = now + std::chrono::seconds(request.for_s);
    model::RunState next = state_;
    for (const layers::ServerName& each : servers) next = layers::changed(site(), std::move(next), each, change, occasion);
    const model::Cluster before = cluster_;
    if (const auto changed = change_overrides(std::move(next)); !changed) return refused(changed.error());
    api::ServersOutcome outcome;
    for (const layers::ServerName& each : servers) {
        outcome.servers.push_back({.service = each.service, .server = each.server, .weight_before = weight_in(before, each),
                                   .weight_after = weight_in(cluster_, each), .override = override_of(state_, each)});
        outside_.emit(model::event(model::EventKind::operator_change,
                                   {fmt::format("{} {} of {} by {}", request.action, each.server.text(), each.service.text(), who)}));
    }
    return outcome;
}

api::OverridesSnapshot LiveDirector::overrides() const {
    api::OverridesSnapshot result;
    for (const model::Override& each : state_.overrides)
        result.overrides.push_back({.override = each, .target = layers::target_text(each), .text = layers::text(each), .dormant = is_dormant(each)});
    for (const model::Leaving& each : state_.leaving)
        result.leaving.push_back({.service = each.service.key, .server = each.server.endpoint, .since = each.since, .until = each.until,
                                  .connections = connections_of(each.service.key, each.server.endpoint)});
    return result;
}

bool LiveDirector::is_dormant(const model::Override& each) const {
    using model::OverrideKind;
    if (each.kind == OverrideKind::timeouts || each.kind == OverrideKind::service_added) return false;
    const model::Service* present = cluster_.find(each.service);
    if (each.kind == OverrideKind::service_edited) return present == nullptr;
    const model::Service* configured = site().cluster.find(each.service);
    if (each.kind == OverrideKind::service_removed) return configured == nullptr;
    const auto has = [&](const model::Service* service) {
        return service != nullptr && std::ranges::find(service->servers, each.server, &model::Server::endpoint) != service->servers.end();
    };
    return each.kind == OverrideKind::server_removed ? !has(configured) : !has(present);
}

std::expected<api::ClearOutcome, api::Problem> LiveDirector::clear_overrides(const std::optional<std::string>& name, const std::string& who) {
    model::RunState next = name ? layers::cleared(state_, *name) : state_;
    if (!name) next.overrides.clear();
    api::ClearOutcome outcome;
    for (const model::Override& each : state_.overrides)
        if (!name || each.name == *name) outcome.cleared.push_back(each.name);
    if (name && outcome.cleared.empty())
        return refused(404, "Not Found", fmt::format("there is no override \"{}\"", *name), "no_such_override", "lvx override list shows them");
    if (const auto changed = change_overrides(std::move(next)); !changed) return refused(changed.error());
    outside_.emit(model::event(model::EventKind::operator_change,
                               {fmt::format("{} override{} cleared by {}", outcome.cleared.size(), outcome.cleared.size() == 1 ? "" : "s", who)}));
    return outcome;
}

std::string LiveDirector::delta(api::DeltaForm form) const {
    return delta_text(site().cluster, layers::effective(site(), state_, {}), form);
}

std::uint64_t LiveDirector::connections_of(const model::ServiceKey& key, const Endpoint& server) const {
    const dataplane::ServerTraffic traffic = outside_.dataplane.server_traffic(key, server);
    return traffic.active + traffic.inactive;
}

// What the clock or the last connection ended since the last look; when to look again.
std::optional<net::Instant> LiveDirector::end_what_is_over() {
    const model::WallTime now = outside_.wall();
    if (state_.pending && state_.pending->until <= now) confirm_or_go_back();
    layers::Settled settled = layers::settled(layers::without_ended(state_, now), now, [this](const layers::ServerName& name) {
        // Who stays disabled keeps even what is only remembered (TIME_WAIT); who is removed must have forgotten it.
        return stays_disabled(state_, name) ? outside_.dataplane.server_traffic(name.service, name.server).active
                                            : connections_of(name.service, name.server);
    });
    if (settled.state != state_) {
        if (const auto changed = change_overrides(settled.state); changed) tell(settled);
        else outside_.log.error(changed.error().sentence(), {{"hint", changed.error().hint}});
    }
    const bool draining = !state_.leaving.empty() || std::ranges::any_of(state_.overrides, [](const model::Override& each) {
        return each.kind == model::OverrideKind::drained;
    });
    if (draining) return outside_.now() + drain_poll;
    const auto end = layers::next_end(state_);
    if (!end) return std::nullopt;
    return outside_.now() + std::max<std::chrono::nanoseconds>(*end - now, drain_poll);
}

void LiveDirector::tell(const layers::Settled& settled) {
    for (const layers::Ended& each : settled.ended)
        outside_.emit(model::event(model::EventKind::server_drained,
                                   {each.server.server.text(), each.server.service.text(), std::to_string(each.connections_left)}));
}

}  // namespace lvx::daemon
