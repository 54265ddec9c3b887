#include "daemon/live_director.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>
#include <utility>

#include "daemon/words.hh"
#include "vrrp/ground.hh"

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

// Such a refusal is about the driver, and tc can do it; other programs (EBUSY) and privilege (EPERM) stay refusals.
bool is_about_the_driver(const Error& error) {
    return error.code == EOPNOTSUPP || error.code == EINVAL || error.code == ENOMEM || error.code == ERANGE ||
           error.code == E2BIG || error.code == ENOSPC;
}

// What the command line leaves open, the configuration says.
Settings settings_for(const Settings& command_line, const model::Site& site) {
    Settings result = command_line;
    if (!result.interfaces.empty()) return result;
    for (const auto& [name, hook] : site.director.interfaces)
        result.interfaces.push_back({.name = name, .hook = net::hook_from_text(hook).value_or(net::Hook::automatic)});
    return result;
}

// Tables that a daemon without a state left behind: what runs was an operator's work.
model::RunState adopted_overrides(const model::Cluster& cluster, model::RunState state, model::WallTime now) {
    std::vector<model::Operation> operations{model::SetTimeouts{cluster.timeouts}};
    for (const model::Service& service : cluster.services) {
        operations.push_back(model::AddService{service});
        for (const model::Server& server : service.servers) operations.push_back(model::AddServer{service.key, server});
    }
    return layers::executed({}, std::move(state), {}, operations, {.who = "adopted", .now = now});
}

bool same_but_servers(const model::Service& a, const model::Service& b) {
    return a.key == b.key && a.scheduler == b.scheduler && a.scheduler_flags == b.scheduler_flags && a.one_packet == b.one_packet &&
           a.persistence == b.persistence && a.persistence_engine == b.persistence_engine;
}

// Where two clusters differ, if by their servers alone.
std::optional<std::vector<std::size_t>> places_of_changed_servers(const model::Cluster& before, const model::Cluster& after) {
    if (before.timeouts != after.timeouts || before.marks != after.marks || !std::ranges::equal(before.services, after.services, same_but_servers)) return std::nullopt;
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < after.services.size(); ++place)
        if (before.services[place] != after.services[place]) places.push_back(place);
    return places;
}

// A view is of the pools that its maker knew: where the configuration has changed meanwhile, expected is what is missing.
health::View completed(const std::vector<model::Pool>& pools, health::View view) {
    const auto same_key = [](const model::Pool& pool, const health::PoolView& seen) { return pool.services.front() == seen.key; };
    if (std::ranges::equal(pools, view.pools, same_key)) return view;
    health::View result = health::expected_view(pools, view);
    std::map<model::ServiceKey, health::PoolView*> seen;
    for (health::PoolView& pool : view.pools) seen.emplace(pool.key, &pool);
    for (health::PoolView& pool : result.pools)
        if (const auto found = seen.find(pool.key); found != seen.end()) pool = std::move(*found->second);
    result.generation = view.generation;
    return result;
}

}  // namespace

LiveDirector::LiveDirector(Surroundings surroundings, Identity identity, Settings settings, Beginning beginning)
    : outside_(std::move(surroundings)),
      identity_(std::move(identity)),
      settings_of_command_line_(std::move(settings)),
      started_(outside_.now()),
      tolerated_(beginning.tolerated),
      adopt_overrides_(!beginning.known && beginning.runs.record.text.files.empty()),
      runs_(std::move(beginning.runs)),
      left_before_(std::move(beginning.before)),
      state_(std::move(beginning.state)) {
    log_list(log::Level::notice, beginning.notices);
}

Result<void> LiveDirector::start() {
    if (outside_.dataplane.adopted()) {
        cluster_ = outside_.dataplane.running();
        outside_.log.notice("adopted the tables of an earlier daemon; its connections go on",
                            {{"services", std::to_string(cluster_.services.size())},
                             {"connections", std::to_string(outside_.dataplane.use().connections)}});
    }
    log_report(runs_.outcome);
    start_layers();
    const model::Cluster wanted = effective(site(), state_, view_);
    if (!plan::diff(cluster_, wanted).empty()) TRY(change_to(wanted));
    cluster_ = wanted;
    layers_changed();
    configuration_state_ = runs_.record.text.files.empty() ? "none" : "loaded";
    outside_.site_changed(site());
    return {};
}

// Overrides and leaving servers as they were, laid over what runs now; what is new goes to disk, where that can be done:
// a daemon that cannot write still starts.
void LiveDirector::start_layers() {
    const model::WallTime now = outside_.wall();
    view_ = health::expected_view(site().pools, {});
    marks_ = layers::without(cluster_.marks, left_before_.cluster.marks);  // netfilter said so, since the files of then did not
    if (outside_.dataplane.adopted()) state_ = layers::reconfigured(left_before_, site(), std::move(state_), cluster_, {}, now);
    else state_.leaving.clear();  // their connections went with the tables
    if (adopt_overrides_) state_ = adopted_overrides(cluster_, std::move(state_), now);
    left_before_ = {};
    Result<void> kept{};
    if (runs_.record.number == 0 && !runs_.record.text.files.empty()) {
        if (const auto number = keep(runs_.record, state_); !number) kept = std::unexpected(number.error());
    }
    if (kept) kept = outside_.store.prepare(state_);
    if (kept) kept = outside_.store.commit();
    if (kept) return;
    store_problem_ = "what operators change is not kept: " + kept.error().sentence();
    outside_.log.error(store_problem_, {{"hint", kept.error().hint}});
}

Result<void> LiveDirector::change_to(const model::Cluster& cluster) {
    if (const auto places = places_of_changed_servers(cluster_, cluster); places && generation_ > 0) {
        TRY(outside_.dataplane.apply_some(cluster, *places));
    } else {
        TRY(outside_.dataplane.apply(cluster));
    }
    log_change(plan::diff(cluster_, cluster));
    cluster_ = cluster;
    ++generation_;
    outside_.log.info("configuration applied", {{"services", std::to_string(cluster.services.size())},
                                                {"servers", std::to_string(server_count(cluster))},
                                                {"generation", std::to_string(generation_)}});
    return {};
}

// Disk first, then packets, then the disk's old state goes: a refusal of either leaves both as they were.
Result<std::size_t> LiveDirector::commit(model::RunState state, const model::Cluster& cluster) {
    const bool same_state = state == state_;
    if (!same_state) TRY(outside_.store.prepare(state));
    const std::size_t steps = plan::diff(cluster_, cluster).size();
    if (steps != 0) {
        if (auto changed = change_to(cluster); !changed) {
            outside_.store.discard();
            return std::unexpected(std::move(changed).error());
        }
    }
    if (!same_state) {
        const auto kept = outside_.store.commit();
        store_problem_ = kept ? "" : "the last change is not kept: " + kept.error().sentence();
        if (!kept) outside_.log.error(store_problem_, {{"hint", kept.error().hint}});
    }
    state_ = std::move(state);
    return steps;
}

// After configuration or overrides changed.
void LiveDirector::layers_changed() {
    index_.emplace(site(), state_, view_);
    for (const model::ServiceKey& key : index_->keys()) outside_.dataplane.keep(key, layers::kept_servers(*index_->find(key)));
    health::View everyone;
    for (const model::Pool& pool : site().pools)
        if (pool.sorry && !pool.services.empty()) everyone.pools.push_back({.key = pool.services.front(), .name = {}, .sorry = 1, .servers = {}});
    reach_ = effective(site(), state_, everyone);
    settings_ = settings_for(settings_of_command_line_, site());
    settings_.moving = ::lvx::vrrp::virtual_addresses_of(site().vrrp);
}

void LiveDirector::observe(health::View view) {
    health::View next = layers::placed(completed(site().pools, std::move(view)), view_);
    const std::set<model::ServiceKey> touched = layers::touched(site(), view_, next);
    view_ = std::move(next);
    index_->observe(view_);
    if (!touched.empty()) observe_some(touched);
}

model::Cluster LiveDirector::effective(const model::Site& site, const model::RunState& state, const health::View& view) const {
    return layers::with_marks(layers::effective(site, state, view), marks_);
}

void LiveDirector::marks_observed(model::MarkMembers members) {
    if (members == marks_) return;
    marks_.swap(members);
    const model::Cluster wanted = effective(site(), state_, view_);
    marks_problem_.clear();
    if (wanted.marks == cluster_.marks) return;
    if (const auto applied = change_to(wanted); !applied) {
        marks_.swap(members);
        marks_problem_ = "what netfilter's rules mark is followed as it was before: " + applied.error().sentence();
        return outside_.log.error(marks_problem_, {{"hint", applied.error().hint}});
    }
    layers_changed();
    outside_.changed();
}

// Only the services that health touched are computed and compared, and nothing is copied: a change of one server among
// 10,000 shall not wait for the others.
void LiveDirector::observe_some(const std::set<model::ServiceKey>& touched) {
    model::Cluster before, after;  // of what differs
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < cluster_.services.size(); ++place) {
        model::Service& service = cluster_.services[place];
        if (!touched.contains(service.key)) continue;
        const layers::Index::Parts& parts = *index_->find(service.key);
        outside_.dataplane.keep(service.key, layers::kept_servers(parts));
        auto now = layers::effective_service(parts);
        if (!now || *now == service) continue;
        places.push_back(place);
        after.services.push_back(*now);
        before.services.push_back(std::exchange(service, std::move(*now)));
    }
    if (places.empty()) return;
    if (const auto applied = outside_.dataplane.apply_some(cluster_, places); !applied) {
        for (std::size_t i = 0; i < places.size(); ++i) cluster_.services[places[i]] = std::move(before.services[i]);
        return outside_.log.error(applied.error().sentence(), {{"hint", applied.error().hint}});
    }
    log_change(plan::diff(before, after));
    ++generation_;
}

void LiveDirector::log_change(const std::vector<plan::Step>& steps) {
    const std::string text = plan::explain(steps);
    log_list(log::Level::info, lines_of(text));
}

std::optional<net::Instant> LiveDirector::refresh() {
    const std::vector<std::string> before = problems_;
    const std::size_t known_refusals = mind_.without_native_xdp.size();
    mind_.retry_interfaces = retry_at_ && outside_.now() >= *retry_at_;
    const std::optional<net::Instant> ends = end_what_is_over();
    std::optional<net::Instant> wake = one_step();
    // A driver that has just refused native XDP is served at tc at once.
    if (mind_.without_native_xdp.size() != known_refusals) wake = one_step();
    log_problems(before);
    for (const auto& other : {retry_at_, ends})
        if (other) wake = wake ? std::min(*wake, *other) : *other;
    return wake;
}

std::optional<net::Instant> LiveDirector::one_step() {
    Step result = step(mind_, reach_, outside_.world, settings_, outside_.now());
    mind_ = std::move(result.mind);
    problems_ = std::move(result.problems);
    for (const Action& action : result.actions) std::visit([&](const auto& each) { carry_out(each); }, action);
    return result.wake;
}

// Errors and warnings, line by line as the reader printed them.
void LiveDirector::log_report(const config::Outcome& outcome) {
    if (outcome.diagnostics.all().empty()) return;
    const log::Level level = outcome.usable() ? log::Level::warning : log::Level::error;
    for (const std::string& line : lines_of(outcome.report())) outside_.log.write(level, line, {});
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

namespace {

std::string interface_named_by(const std::vector<net::InterfaceChoice>& choices, const Error& error) {
    const auto found = std::ranges::find_if(choices, [&](const net::InterfaceChoice& choice) { return names_interface(error, choice.name); });
    return found == choices.end() ? "an interface" : found->name;
}

}  // namespace

void LiveDirector::carry_out(const SetInterfaces& action) {
    const std::vector<Error> before = std::exchange(refused_interfaces_, outside_.dataplane.set_interfaces(action.choices));
    for (const Error& error : refused_interfaces_) {
        if (std::ranges::find(before, error) == before.end())
            outside_.emit(model::event(model::EventKind::interface_refused, {interface_named_by(action.choices, error), with_hint(error)}));
        note_refused(action.choices, error);
    }
    tell_attached(action.choices);
    if (refused_interfaces_.empty()) retry_at_.reset();
    else retry_at_ = outside_.now() + retry_interfaces;
}

// Told once for each interface and hook.
void LiveDirector::tell_attached(const std::vector<net::InterfaceChoice>& choices) {
    std::map<std::string, net::Hook> served;
    for (const net::InterfaceChoice& choice : choices) {
        const auto refused = [&](const Error& error) { return names_interface(error, choice.name); };
        if (std::ranges::any_of(refused_interfaces_, refused)) continue;
        served[choice.name] = choice.hook;
        const auto before = served_.find(choice.name);
        if (before == served_.end() || before->second != choice.hook)
            outside_.emit(model::event(model::EventKind::interface_attached, {choice.name, std::string(net::hook_text(choice.hook))}));
    }
    served_ = std::move(served);
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
    const bool found = action.after.way && action.after.way->mac;
    outside_.emit(model::event(found ? model::EventKind::neighbour_found : model::EventKind::neighbour_lost, {address, neighbour}));
}

void LiveDirector::sample() {
    for (const model::Service& service : cluster_.services) {
        service_rates_[service.key].sample(outside_.dataplane.service_counters(service.key));
        for (const model::Server& server : service.servers)
            server_rates_[{service.key, server.endpoint}].sample(
                outside_.dataplane.server_traffic(service.key, server.endpoint).counters);
    }
    drop_estimators_of_the_gone();
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

void LiveDirector::stop(api::StopKind kind) { outside_.stop(kind); }

}  // namespace lvx::daemon
