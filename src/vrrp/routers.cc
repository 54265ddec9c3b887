#include "vrrp/routers.hh"

#include <algorithm>
#include <utility>

namespace lvx::vrrp {

namespace {

// Whether a changed instance is still the same virtual router, which may keep its state.
bool is_same_router(const model::VrrpInstance& a, const model::VrrpInstance& b) {
    return a.name == b.name && a.vrid == b.vrid && a.interface == b.interface && a.version == b.version && a.family == b.family;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from) { to.insert(to.end(), from.begin(), from.end()); }

// A standby whose priority fell no longer preempts: the master it heard is given its time again.
void respect_master(Router& router, Instant now) {
    if (router.state != State::backup || !router.timer || !router.heard_at || router.heard_priority < router.priority()) return;
    router.timer = std::max(*router.timer, std::min(now, *router.heard_at + router.pace().interval) + master_down_time(router.pace(), router.priority()));
}

// timer_expired_backup: whether the best of the others had time to become master since our last advert.
bool is_overdue(const Router& router, Instant now) {
    const std::optional<std::uint8_t> other = router.configuration.timer_expired_backup;
    if (router.state != State::master || !other || router.configuration.preempt) return false;
    const Pace pace = router.own_pace();
    return now - (*router.timer - pace.interval) >= master_down_time(pace, *other);
}

State together(const std::vector<State>& states) {
    const auto all = [&](State state) { return std::ranges::all_of(states, [&](State one) { return one == state; }); };
    if (std::ranges::find(states, State::fault) != states.end()) return State::fault;
    if (all(State::master)) return State::master;
    return all(State::init) ? State::init : State::backup;
}

}  // namespace

Routers::Routers(const model::Vrrp& configuration, Instant now) : configuration_(configuration), last_tick_(now) {
    for (const model::VrrpInstance& instance : configuration.instances) routers_.push_back(make_router(instance, now));
    link_groups();
}

void Routers::link_groups() {
    std::vector<Group> groups;
    for (const model::VrrpSyncGroup& group : configuration_.groups) {
        Group linked{.configuration = group, .members = {}};
        for (const std::string& member : group.members)
            if (const auto index = find(member)) linked.members.push_back(*index);
        const auto before = std::ranges::find(groups_, group.name, [](const Group& one) { return one.configuration.name; });
        if (before != groups_.end()) linked.state = before->state;
        groups.push_back(std::move(linked));
    }
    groups_ = std::move(groups);
}

std::optional<Index> Routers::find(std::string_view name) const {
    for (Index i = 0; i < configuration_.instances.size(); ++i)
        if (configuration_.instances[i].name == name) return i;
    return std::nullopt;
}

const Routers::Group* Routers::group_of(Index instance) const {
    for (const Group& group : groups_)
        if (std::ranges::find(group.members, instance) != group.members.end()) return &group;
    return nullptr;
}

std::string Routers::group_name(Index instance) const {
    const Group* group = group_of(instance);
    return group == nullptr ? "" : group->configuration.name;
}

std::vector<std::pair<std::string, State>> Routers::groups() const {
    std::vector<std::pair<std::string, State>> result;
    for (const Group& group : groups_) result.emplace_back(group.configuration.name, group.state);
    return result;
}

// Members of a sync group heed only unweighted objects, unless sync_group_tracking_weight.
Standing Routers::standing_of(Index instance) const {
    const Group* group = group_of(instance);
    std::vector<TrackedObject> objects = tracked_objects(routers_[instance].configuration.tracks);
    if (group != nullptr) {
        std::ranges::copy(tracked_objects(group->configuration.tracks), std::back_inserter(objects));
        if (!group->configuration.tracking_weight)
            std::erase_if(objects, [](const TrackedObject& object) { return object.weight != 0; });
    }
    return standing(routers_[instance].configuration.priority, objects, observed_);
}

bool Routers::has_faults(Index instance) const {
    const Router& router = routers_[instance];
    return !router.standing.faults.empty() || !router.ground_faults.empty();
}

std::vector<std::string> Routers::faults_of(Index instance) const {
    std::vector<std::string> faults = routers_[instance].ground_faults;
    append(faults, routers_[instance].standing.faults);
    const Group* group = group_of(instance);
    if (group == nullptr) return faults;
    for (const Index member : group->members)
        if (member != instance && has_faults(member))
            faults.push_back("sync group " + group->configuration.name + ": " + routers_[member].configuration.name + " is in FAULT");
    return faults;
}

bool Routers::is_waiting(Index instance) const {
    const Group* group = group_of(instance);
    if (group == nullptr) return routers_[instance].standing.waiting;
    return std::ranges::any_of(group->members, [&](Index member) { return routers_[member].standing.waiting; });
}

// One step of one router, its deeds, and what its group does because of it.
void Routers::fire(Index instance, Event event, const std::string& why, Instant now, Deeds& deeds) {
    const Outcome outcome = apply(routers_[instance], event, why, now);
    carry(instance, outcome, deeds);
    follow_group(instance, outcome, now, deeds);
}

void Routers::carry(Index instance, const Outcome& outcome, Deeds& deeds) const {
    const Router& router = routers_[instance];
    if (outcome.actions & send_resignation) deeds.push_back(SendAdvert{instance, resign_priority});
    if (outcome.actions & send_advert) deeds.push_back(SendAdvert{instance, router.priority()});
    if (outcome.actions & take) deeds.push_back(TakeAddresses{instance});
    if (outcome.actions & release) deeds.push_back(ReleaseAddresses{instance});
    if (outcome.actions & assert_again) deeds.push_back(AssertAddresses{instance});
    if (outcome.before != outcome.after)
        deeds.push_back(StateChanged{instance, outcome.before, outcome.after, router.priority(), router.why});
}

// One that leaves MASTER takes the others along, so that traffic in and out goes through one director.
void Routers::follow_group(Index instance, const Outcome& outcome, Instant now, Deeds& deeds) {
    const Group* group = group_of(instance);
    if (group == nullptr || outcome.before == outcome.after || outcome.after == State::init) return;
    const std::string why = "sync group " + group->configuration.name + " follows " + routers_[instance].configuration.name;
    for (const Index member : group->members) {
        if (member == instance) continue;
        const State state = routers_[member].state;
        if (outcome.after == State::fault && (state == State::backup || state == State::master))
            fire(member, Event::faulted, why, now, deeds);
        if (outcome.after == State::backup && state == State::master) fire(member, Event::give_way, why, now, deeds);
    }
}

void Routers::timer_due(Index instance, Instant now, Deeds& deeds) {
    Router& router = routers_[instance];
    const std::string why = router.heard_at ? "no advertisement within its time" : "nobody else advertises";
    if (is_overdue(router, now)) return fire(instance, Event::adverts_overdue, "advertised too late, another one may have taken over", now, deeds);
    const Group* group = group_of(instance);
    if (router.state != State::backup || group == nullptr) return fire(instance, Event::timer, why, now, deeds);
    router.wants_master = true;
    router.timer.reset();
    const auto is_ready = [&](Index member) { return routers_[member].state == State::master || routers_[member].wants_master; };
    if (!std::ranges::all_of(group->members, is_ready)) return;
    for (const Index member : group->members)
        if (routers_[member].state == State::backup) fire(member, Event::timer, why, now, deeds);
}

// What follows from faults that came or went.
void Routers::settle(Index instance, Instant now, Deeds& deeds) {
    Router& router = routers_[instance];
    const std::vector<std::string> faults = faults_of(instance);
    if (!faults.empty()) {
        if (router.state != State::fault) fire(instance, Event::faulted, faults.front(), now, deeds);
        else router.why = faults.front();
        return;
    }
    if (is_waiting(instance)) return;
    const bool owner = router.is_owner() && router.configuration.wants_master;
    if (router.state == State::init && !router.stopped)
        fire(instance, owner ? Event::started_as_owner : Event::started, "started", now, deeds);
    if (router.state == State::fault)
        fire(instance, router.is_owner() ? Event::recovered_as_owner : Event::recovered, "what failed is well again", now, deeds);
}

void Routers::settle_all(Instant now, Deeds& deeds) {
    if (!started_) return;
    for (Index i = 0; i < routers_.size(); ++i) {
        Router& router = routers_[i];
        const std::uint8_t before = router.priority();
        router.standing = standing_of(i);
        if (router.priority() != before) deeds.push_back(PriorityChanged{i, before, router.priority()});
        if (router.priority() < before) respect_master(router, now);
    }
    for (Index i = 0; i < routers_.size(); ++i) settle(i, now, deeds);
    tell_groups(deeds);
}

void Routers::tell_groups(Deeds& deeds) {
    for (Group& group : groups_) {
        std::vector<State> states;
        for (const Index member : group.members) states.push_back(routers_[member].state);
        const State state = states.empty() ? State::init : together(states);
        if (state == group.state) continue;
        group.state = state;
        deeds.push_back(GroupChanged{group.configuration.name, state, routers_[group.members.front()].why});
    }
}

Deeds Routers::start(Instant now) {
    Deeds deeds;
    started_ = true;
    settle_all(now, deeds);
    return deeds;
}

std::vector<Index> Routers::gone_in(const model::Vrrp& configuration) const {
    std::vector<Index> gone;
    for (Index i = 0; i < routers_.size(); ++i) {
        const auto same = [&](const model::VrrpInstance& next) { return is_same_router(routers_[i].configuration, next); };
        if (std::ranges::none_of(configuration.instances, same)) gone.push_back(i);
    }
    return gone;
}

Deeds Routers::configure(const model::Vrrp& configuration, Instant now) {
    std::vector<Router> next;
    Deeds deeds;
    for (const model::VrrpInstance& instance : configuration.instances) {
        const auto same = [&](const Router& router) { return is_same_router(router.configuration, instance); };
        const auto found = std::ranges::find_if(routers_, same);
        next.push_back(found == routers_.end() ? make_router(instance, now) : *found);
        Router& router = next.back();
        router.configuration = instance;
        // A shorter interval counts from now on, not from the end of the longer one.
        if (router.state == State::master && router.timer) router.timer = std::min(*router.timer, now + instance.advert_interval);
        if (router.state == State::master) deeds.push_back(TakeAddresses{next.size() - 1});
    }
    routers_ = std::move(next);
    configuration_ = configuration;
    link_groups();
    settle_all(now, deeds);
    return deeds;
}

Deeds Routers::observe(const TrackKey& key, std::int64_t value, Instant now) {
    Deeds deeds;
    const auto [place, is_new] = observed_.try_emplace(key, value);
    if (!is_new && place->second == value) return deeds;
    place->second = value;
    settle_all(now, deeds);
    return deeds;
}

Deeds Routers::set_ground(Index instance, std::vector<std::string> faults, Instant now) {
    Deeds deeds;
    if (routers_.at(instance).ground_faults == faults) return deeds;
    routers_[instance].ground_faults = std::move(faults);
    settle_all(now, deeds);
    return deeds;
}

Deeds Routers::hear(Index instance, const Heard& heard, Instant now) {
    Deeds deeds;
    Router& router = routers_.at(instance);
    const bool displaced = router.state == State::master && heard.priority != resign_priority && is_late(now);
    Outcome outcome;
    if (displaced) {
        ++router.counters.late;
        ++router.counters.adverts_received;
        outcome = apply(router, Event::heard_while_late, "did not run for longer than its lease, and " + heard.source.text() + " took over", now);
        router.master = heard.source;
        router.heard_at = now;
    } else {
        outcome = vrrp::hear(router, heard, now);
    }
    carry(instance, outcome, deeds);
    const bool weaker = outcome.actions & assert_again;
    if (weaker) deeds.push_back(LowerHeard{instance, heard.source, heard.priority});
    follow_group(instance, outcome, now, deeds);
    tell_groups(deeds);
    return deeds;
}

Deeds Routers::peer_gone(Index instance, std::string why, Instant now) {
    Deeds deeds;
    // A timer that is nearer than the skew (the master resigned before) stays.
    Router& router = routers_.at(instance);
    const std::optional<Instant> before = router.timer;
    if (router.state != State::backup || router.wants_master) return deeds;
    fire(instance, Event::peer_gone, why, now, deeds);
    if (before && router.timer) router.timer = std::min(*before, *router.timer);
    return deeds;
}

Deeds Routers::tick(Instant now) {
    Deeds deeds;
    for (Index i = 0; i < routers_.size(); ++i)
        if (routers_[i].timer && *routers_[i].timer <= now) timer_due(i, now, deeds);
    last_tick_ = now;
    tell_groups(deeds);
    return deeds;
}

std::optional<Instant> Routers::wake() const {
    std::optional<Instant> earliest;
    for (const Router& router : routers_)
        if (router.timer && (!earliest || *router.timer < *earliest)) earliest = router.timer;
    return earliest;
}

Deeds Routers::failover(Index instance, std::string by, Instant now) {
    Deeds deeds;
    const Group* group = group_of(instance);
    const std::vector<Index> members = group == nullptr ? std::vector<Index>{instance} : group->members;
    for (const Index member : members) {
        if (routers_.at(member).state != State::master) continue;
        fire(member, Event::give_way, "handed over, asked by " + by, now, deeds);
        for (const Index other : members) routers_[other].yielded = routers_[other].state == State::backup;
    }
    tell_groups(deeds);
    return deeds;
}

Deeds Routers::standby(Standby wanted, std::string by, Instant now) {
    Deeds deeds;
    const bool on = wanted == Standby::on;
    for (Index i = 0; i < routers_.size(); ++i) {
        Router& router = routers_[i];
        const std::uint8_t before = router.priority();
        router.standby = on;
        if (!on) router.yielded = false;
        if (router.priority() != before) deeds.push_back(PriorityChanged{i, before, router.priority()});
        if (on) respect_master(router, now);
        if (on && router.state == State::master) fire(i, Event::give_way, "on standby, asked by " + by, now, deeds);
    }
    tell_groups(deeds);
    return deeds;
}

Deeds Routers::stop(Index instance, std::string why, Instant now) {
    Deeds deeds;
    routers_.at(instance).stopped = true;
    fire(instance, Event::shut_down, why, now, deeds);
    tell_groups(deeds);
    return deeds;
}

Deeds Routers::resume(Index instance, Instant now) {
    Deeds deeds;
    fire(instance, Event::resumed, "goes on where a daemon before this one stopped", now, deeds);
    tell_groups(deeds);
    return deeds;
}

std::optional<Instant> Routers::lease(Instant now) const {
    std::optional<Microseconds> shortest;
    for (const Router& router : routers_) {
        if (router.state != State::master) continue;
        Microseconds length = lease_time(router.own_pace());
        const auto watch = std::ranges::find(configuration_.bfds, router.configuration.fast_peer, &model::BfdInstance::name);
        if (watch != configuration_.bfds.end()) length = std::min(length, watched_lease_time(watch->min_tx, watch->multiplier));
        if (!shortest || length < *shortest) shortest = length;
    }
    if (!shortest) return std::nullopt;
    return now + *shortest;
}

bool Routers::is_late(Instant now) const {
    const std::optional<Instant> end = lease(last_tick_);
    return end && now > *end;
}

}  // namespace lvx::vrrp
