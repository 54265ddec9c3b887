// The second half of engine.hh: what Routers decided is carried out and told.
#include <algorithm>
#include <utility>

#include "vrrp/engine.hh"

namespace lvx::vrrp {

namespace {

constexpr std::size_t told_limit = 256;           // (kind, instance, peer) remembered
constexpr std::chrono::minutes told_again{1};
constexpr std::chrono::seconds lower_again{10};

Notification::News news_of(State state) {
    switch (state) {
        case State::master: return Notification::News::master;
        case State::fault: return Notification::News::fault;
        case State::backup:
        case State::init: break;
    }
    return Notification::News::backup;
}

}  // namespace

void Engine::tell_event(model::EventKind kind, std::vector<std::string> values) { tell_(model::event(kind, std::move(values))); }

// What an outsider can cause with every packet is told once a minute for each peer.
void Engine::tell_seldom(model::EventKind kind, const std::string& whose, const Address& peer, std::vector<std::string> values, Instant now) {
    const std::tuple key{kind, whose, peer};
    const auto found = told_.find(key);
    if (found != told_.end() && now < found->second + told_again) return;
    if (told_.size() >= told_limit) std::erase_if(told_, [&](const auto& each) { return each.second + told_again <= now; });
    if (told_.size() >= told_limit) return;
    told_[key] = now;
    tell_event(kind, std::move(values));
}

void Engine::carry(const Deeds& deeds, Instant now) {
    if (deeds.empty()) return;
    renew_lease(now);
    for (const Deed& deed : deeds) std::visit([&](const auto& each) { carry_out(each, now); }, deed);
}

void Engine::carry_out(const SendAdvert& deed, Instant) {
    Memory& memory = memories_[deed.instance];
    send_failures_ += ports_.send(deed.instance, routers_.routers()[deed.instance], deed.priority);
    const Instant sent = Clock::now();
    if (memory.last_sent) longest_gap_ = std::max(longest_gap_, std::chrono::duration_cast<Microseconds>(sent - *memory.last_sent));
    if (deed.priority == resign_priority) memory.last_sent.reset();
    else memory.last_sent = sent;
}

void Engine::carry_out(const TakeAddresses& deed, Instant now) {
    holder_->take(deed.instance, routers_.routers()[deed.instance], grounds_[deed.instance], view_, now);
    if (!wind_down_until_) resources_.want(name(deed.instance), Wanted::running);
}

void Engine::carry_out(const ReleaseAddresses& deed, Instant) {
    memories_[deed.instance].last_sent.reset();
    holder_->release(deed.instance);
    resources_.want(name(deed.instance), Wanted::stopped);
}

void Engine::carry_out(const AssertAddresses& deed, Instant now) {
    holder_->assert_again(deed.instance, routers_.routers()[deed.instance], grounds_[deed.instance], view_, now);
}

void Engine::carry_out(const StateChanged& deed, Instant now) {
    const Router& router = routers_.routers()[deed.instance];
    const std::string& instance = router.configuration.name;
    if (deed.after == State::master) tell_event(model::EventKind::vrrp_master, {instance, std::to_string(deed.priority), deed.why});
    if (deed.after == State::backup) tell_event(model::EventKind::vrrp_backup, {instance, std::to_string(deed.priority), deed.why});
    if (deed.after == State::fault) tell_event(model::EventKind::vrrp_fault, {instance, deed.why});
    if (deed.after == State::init) tell_event(model::EventKind::vrrp_stopped, {instance, deed.why});
    if (deed.after != State::init)
        tell_(Notification{.name = instance, .news = news_of(deed.after), .priority = deed.priority, .how = router.configuration.notify});
    for (Instant& heard : memories_[deed.instance].heard) heard = now;
    tell_(status(now));
}

void Engine::carry_out(const GroupChanged& deed, Instant) {
    if (deed.after == State::init) return;
    const auto group = std::ranges::find(settings_.vrrp.groups, deed.group, &model::VrrpSyncGroup::name);
    tell_event(model::EventKind::vrrp_group_state, {deed.group, std::string(name_of(deed.after)), deed.why});
    tell_(Notification{.subject = Notification::Subject::group,
                       .name = deed.group,
                       .news = news_of(deed.after),
                       .how = group == settings_.vrrp.groups.end() ? model::VrrpNotify{} : group->notify});
}

// fifo_write_vrrp_states_on_reload: lines for the FIFOs, but no script and no mail.
void Engine::repeat_states() {
    for (const Router& router : routers_.routers())
        if (router.state != State::init)
            tell_(Notification{.name = router.configuration.name, .news = news_of(router.state), .priority = router.priority(), .how = {}});
    for (const auto& [name, state] : routers_.groups())
        if (state != State::init)
            tell_(Notification{.subject = Notification::Subject::group, .name = name, .news = news_of(state), .how = {}});
}

void Engine::carry_out(const PriorityChanged& deed, Instant) {
    const Router& router = routers_.routers()[deed.instance];
    tell_event(model::EventKind::vrrp_priority_changed,
               {router.configuration.name, std::to_string(deed.before), std::to_string(deed.after), "a tracked object changed"});
    if (!router.configuration.notify.priority_changes || (router.state != State::master && router.state != State::backup)) return;
    const auto news = router.state == State::master ? Notification::News::master_priority : Notification::News::backup_priority;
    tell_(Notification{.name = router.configuration.name, .news = news, .priority = deed.after, .how = router.configuration.notify});
}

void Engine::carry_out(const LowerHeard& deed, Instant now) {
    Memory& memory = memories_[deed.instance];
    if (memory.lower_told && now < *memory.lower_told + lower_again) return;
    memory.lower_told = now;
    const Router& router = routers_.routers()[deed.instance];
    tell_event(model::EventKind::vrrp_lower_priority_heard, {router.configuration.name, deed.peer.text(), std::to_string(deed.priority)});
    tell_(Notification{.name = router.configuration.name, .news = Notification::News::heard_lower_priority, .priority = router.priority(), .how = router.configuration.notify});
}

// A standby that hears its master on one path, but not on another, says so: the next fault would be one too many.
void Engine::watch_paths(Instant now) {
    for (Index i = 0; i < memories_.size(); ++i) {
        const Router& router = routers_.routers()[i];
        Memory& memory = memories_[i];
        if (memory.heard.size() < 2 || router.state != State::backup || !router.heard_at) continue;
        const Microseconds patience = master_down_time(router.pace(), router.priority());
        for (std::size_t path = 0; path < memory.heard.size(); ++path) {
            const bool lost = now - memory.heard[path] > patience;
            if (lost == memory.path_lost[path]) continue;
            memory.path_lost[path] = lost;
            tell_event(lost ? model::EventKind::path_lost : model::EventKind::path_found, {name(i), ports_.paths(i)[path]});
        }
    }
}

Status Engine::status(Instant now) const {
    Status result{.at = now, .observed = routers_.observed(), .standby = standby_, .unknown_vrid = ports_.unknown(),
                  .addresses_restored = holder_->restored(), .announcements = holder_->announced(), .send_failures = send_failures_,
                  .longest_gap = longest_gap_};
    if (lease_end_) result.lease = std::chrono::duration_cast<Microseconds>(*routers_.lease(now) - now);
    for (Index i = 0; i < grounds_.size(); ++i) {
        const Router& router = routers_.routers()[i];
        const model::VrrpInstance& configuration = router.configuration;
        result.late += router.counters.late;
        InstanceStatus status{.name = configuration.name, .interface = configuration.interface, .group = routers_.group_name(i),
                              .vrid = configuration.vrid, .version = configuration.version, .state = router.state, .why = router.why,
                              .since = router.since, .base_priority = configuration.priority, .priority = router.priority(),
                              .source = grounds_[i].source, .master = router.master, .master_priority = router.heard_priority,
                              .interval = configuration.advert_interval, .master_interval = router.pace().interval,
                              .master_down = master_down_time(router.pace(), router.priority()), .skew = skew_time(router.pace(), router.priority()),
                              .standby = router.standby, .yielded = router.yielded, .preempt = configuration.preempt,
                              .faults = routers_.faults_of(i), .addresses_held = holder_->held(i), .counters = router.counters};
        if (router.timer) status.timer = std::chrono::duration_cast<Microseconds>(*router.timer - now);
        const std::vector<std::string> paths = ports_.paths(i);
        for (std::size_t path = 0; path < paths.size(); ++path)
            status.paths.push_back({paths[path], router.heard_at.has_value() && now - memories_[i].heard[path] <= status.master_down});
        result.instances.push_back(std::move(status));
    }
    return result;
}

}  // namespace lvx::vrrp
