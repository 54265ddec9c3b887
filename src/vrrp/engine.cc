#include "vrrp/engine.hh"

#include <algorithm>
#include <utility>

namespace lvx::vrrp {

namespace {

constexpr std::chrono::milliseconds longest_sleep{250};     // status and leases stay fresh though nothing happens

template <class... Each>
struct Overload : Each... {
    using Each::operator()...;
};

std::set<std::string> tracked_interfaces(const model::Vrrp& configuration) {
    std::set<std::string> names;
    for (const model::VrrpInstance& instance : configuration.instances)
        for (const model::Track& track : instance.tracks.interfaces) names.insert(track.name);
    for (const model::VrrpSyncGroup& group : configuration.groups)
        for (const model::Track& track : group.tracks.interfaces) names.insert(track.name);
    return names;
}

// Owners accept whatever comes; where the address is not held, nothing reaches the filter.
std::set<Address> refused_addresses(const model::Vrrp& configuration) {
    std::set<Address> result;
    for (const model::VrrpInstance& instance : configuration.instances) {
        if (instance.accept || instance.priority == owner_priority) continue;
        for (const auto* list : {&instance.addresses, &instance.excluded})
            for (const model::InterfaceAddress& address : *list) result.insert(address.address);
    }
    return result;
}

bool has_routing(const model::VrrpInstance& instance) { return !instance.routes.empty() || !instance.rules.empty(); }
bool has_static_routing(const model::Vrrp& vrrp) { return !vrrp.static_routes.empty() || !vrrp.static_rules.empty(); }

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const Settings& settings, Fence& fence, script::Runner* runner, Tell tell, Instant now) {
    Monitor monitor = TRY(Monitor::open());
    std::unique_ptr<Holder> holder = TRY(Holder::open(runner));
    std::unique_ptr<Engine> engine(new Engine(settings, std::move(monitor), std::move(holder), runner, fence, std::move(tell), now));
    if (Result<ClaimEar> ear = ClaimEar::open()) engine->ear_ = std::move(*ear);
    engine->prepare(now);
    return engine;
}

Engine::Engine(const Settings& settings, Monitor monitor, std::unique_ptr<Holder> holder, script::Runner* runner, Fence& fence, Tell tell, Instant now)
    : settings_(settings),
      monitor_(std::move(monitor)),
      holder_(std::move(holder)),
      resources_(runner, [this](model::Event event) { tell_(std::move(event)); }),
      fence_(fence),
      tell_(std::move(tell)),
      routers_(plan_vmacs(settings.vrrp, settings.vmac_prefix, settings.vmac_address_prefix).configuration, now),
      start_at_(now + settings.startup_delay) {
    VmacPlan plan = plan_vmacs(std::move(settings_.vrrp), settings_.vmac_prefix, settings_.vmac_address_prefix);
    settings_.vrrp = std::move(plan.configuration);
    vmacs_ = std::move(plan.devices);
}

std::vector<int> Engine::fds() const {
    std::vector<int> result = ports_.fds();
    result.push_back(monitor_.fd());
    if (ear_) result.push_back(ear_->fd());
    return result;
}

// What a configuration needs before its routers may run.
void Engine::prepare(Instant now) {
    virtual_addresses_ = virtual_addresses_of(settings_.vrrp);
    memories_.resize(settings_.vrrp.instances.size());
    delays_.configure(settings_.vrrp.delays);
    holder_->set_spacing(spacings());
    fence_.guard({virtual_addresses_.begin(), virtual_addresses_.end()});
    watch_claims();
    if (std::ranges::any_of(settings_.vrrp.instances, has_routing) || has_static_routing(settings_.vrrp)) monitor_.follow_removals();
    refuse_packets(refused_addresses(settings_.vrrp));
    goods_interfaces_.clear();
    for (const model::VrrpInstance& instance : settings_.vrrp.instances) goods_interfaces_.push_back(interfaces_of_goods(settings_.vrrp, instance));
    look(now);
    holder_->keep_static(settings_.vrrp, view_);
}

void Engine::tell_links() {
    std::set<std::string> names = tracked_interfaces(settings_.vrrp);
    for (const model::VrrpInstance& instance : settings_.vrrp.instances)
        if (!instance.dont_track_primary && !instance.interface.empty()) names.insert(instance.interface);
    for (const std::string& name : names) {
        const net::Link* link = link_named(view_, name);
        const bool up = link != nullptr && link->up;
        const auto told = links_.try_emplace(name, true).first;
        if (std::exchange(told->second, up) != up)
            tell_event(up ? model::EventKind::tracked_interface_up : model::EventKind::tracked_interface_down, {name});
    }
    std::erase_if(links_, [&](const auto& each) { return !names.contains(each.first); });
}

void Engine::observe_interfaces(Instant now) {
    tell_links();
    for (const std::string& interface : tracked_interfaces(settings_.vrrp)) {
        const net::Link* link = link_named(view_, interface);
        carry(routers_.observe({TrackKind::interface, interface}, link != nullptr && link->up, now), now);
    }
}

// A daemon before this one that was master, and whose lease runs: nobody took over, so this one goes on.
void Engine::start_when_due(Instant now) {
    if (started_ || now < start_at_) return;
    started_ = true;
    resources_.configure(settings_.vrrp.instances);
    const bool resumes = fence_.is_open();
    for (Index i = 0; i < grounds_.size(); ++i) {
        const Router& router = routers_.routers()[i];
        const auto held = [&](const model::InterfaceAddress& address) { return monitor_.interface_with(address.address).has_value(); };
        const bool holds = !router.configuration.addresses.empty() && std::ranges::all_of(router.configuration.addresses, held);
        if (resumes && holds && grounds_[i].faults.empty()) carry(routers_.resume(i, now), now);
    }
    carry(routers_.start(now), now);
    for (Index i = 0; i < grounds_.size(); ++i)
        if (routers_.routers()[i].state != State::master) holder_->clear_leftovers(i, routers_.routers()[i], grounds_[i], view_);
}

void Engine::obey(const Order& order, Instant now) {
    if (!must_wait(order, now)) obey_now(order, now);
}

void Engine::obey_now(const Order& order, Instant now) {
    std::visit(Overload{
                   [&](const Configure& each) { configure(each.settings, now); },
                   [&](const Observe& each) { carry(routers_.observe(each.key, each.value, now), now); },
                   [&](const PeerDead& each) {
                       for (Index i = 0; i < grounds_.size(); ++i)
                           if (settings_.vrrp.instances[i].fast_peer == each.fast_peer)
                               carry(routers_.peer_gone(i, each.fast_peer + " says that the master is dead", now), now);
                   },
                   [&](const Failover& each) {
                       const std::optional<Index> index = routers_.find(each.instance);
                       if (!index) return;
                       tell_event(model::EventKind::vrrp_failover, {each.instance, each.by});
                       carry(routers_.failover(*index, each.by, now), now);
                   },
                   [&](const SetStandby& each) {
                       standby_ = each.wanted == Standby::on;
                       for (Index i = 0; i < grounds_.size(); ++i) {
                           if (standby_) tell_event(model::EventKind::vrrp_standby, {name(i), each.by});
                           else tell_event(model::EventKind::vrrp_standby_ended, {name(i), each.by});
                       }
                       carry(routers_.standby(each.wanted, each.by, now), now);
                   },
                   [&](const ClearCounters&) {
                       for (Index i = 0; i < grounds_.size(); ++i) routers_.at(i).counters = {};
                       longest_gap_ = Microseconds(0);
                   },
                   [&](const Stop&) {},
               },
               order);
}

void Engine::configure(const Settings& next, Instant now) {
    Settings settings = next;
    VmacPlan plan = plan_vmacs(std::move(settings.vrrp), settings.vmac_prefix, settings.vmac_address_prefix);
    settings.vrrp = std::move(plan.configuration);
    for (const Index gone : routers_.gone_in(settings.vrrp)) {
        const Router router = routers_.routers()[gone];
        carry(routers_.stop(gone, "no longer configured", now), now);
        tell_(Notification{.name = router.configuration.name, .news = Notification::News::deleted, .priority = router.priority(), .how = router.configuration.notify});
    }
    std::vector<std::optional<Index>> old(settings.vrrp.instances.size());
    std::vector<Memory> memories(settings.vrrp.instances.size());
    for (Index i = 0; i < old.size(); ++i) {
        const std::optional<Index> before = routers_.find(settings.vrrp.instances[i].name);
        if (!before || routers_.routers()[*before].stopped) continue;
        old[i] = before;
        memories[i] = std::move(memories_[*before]);
    }
    holder_->renumber(old);
    memories_ = std::move(memories);
    settings_ = settings;
    seen_links_.clear();
    if (started_) resources_.configure(settings_.vrrp.instances);
    std::erase_if(vmacs_, [&](const VmacDevice& old) { return std::ranges::find(plan.devices, old) != plan.devices.end(); });
    remove_vmacs(std::exchange(vmacs_, plan.devices));
    (void)monitor_.drain();
    look_again_ = true;
    const Deeds deeds = routers_.configure(settings.vrrp, now);
    prepare(now);
    carry(deeds, now);
    if (started_) carry(routers_.start(now), now);
    if (started_ && settings_.repeats_states) repeat_states();
}

void Engine::hear(const Arrival& arrival, Instant now) {
    if (const auto* refused = std::get_if<Refusal>(&arrival.content)) return refuse(arrival, *refused, now);
    const Received& received = std::get<Received>(arrival.content);
    Router& router = routers_.at(arrival.instance);
    Memory& memory = memories_[arrival.instance];
    memory.heard[arrival.path] = now;
    if (received.other_addresses && ++router.counters.other_addresses != 0)
        tell_seldom(model::EventKind::vrrp_vrid_clash, name(arrival.instance), arrival.route.source,
                    {name(arrival.instance), arrival.route.source.text(), std::to_string(router.configuration.vrid)}, now);
    if (received.advert.priority == owner_priority && router.is_owner())
        tell_seldom(model::EventKind::vrrp_advert_refused, name(arrival.instance), arrival.route.source,
                    {name(arrival.instance), arrival.route.source.text(), std::string(sentence_of(Refusal::foreign_owner))}, now);
    const ChecksumForm form = fixed_form(router.configuration).value_or(received.form);
    carry(routers_.hear(arrival.instance,
                        {.source = arrival.route.source, .priority = received.advert.priority, .interval = received.advert.interval_time(), .form = form},
                        now),
          now);
}

void Engine::refuse(const Arrival& arrival, Refusal refusal, Instant now) {
    ++routers_.at(arrival.instance).counters.refused[static_cast<std::size_t>(refusal)];
    if (refusal == Refusal::own_packet) return;
    // Each reason by itself: one must not hide another.
    tell_seldom(model::EventKind::vrrp_advert_refused, name(arrival.instance) + " " + std::string(name_of(refusal)), arrival.route.source,
                {name(arrival.instance), arrival.route.source.text(), std::string(sentence_of(refusal))}, now);
}

Instant Engine::step(Instant now) {
    // Before timers: after a pause, whoever took over meanwhile is heard first (Routers::is_late).
    note_fence(now);
    const std::vector<Claim> claims = take_claims();
    ports_.receive([&](const Arrival& arrival) { hear(arrival, now); });
    judge_claims(claims, now);
    if (settings_.log_unknown_vrids)
        for (const Stranger& one : ports_.strangers())
            tell_seldom(model::EventKind::vrrp_unknown_vrid, one.interface, one.source, {one.interface, one.source.text(), std::to_string(one.vrid)}, now);
    const Result<bool> changed = monitor_.drain();
    const std::optional<Instant> delayed = delays_.wake();
    if ((changed && *changed) || (delayed && *delayed <= now)) look(now);
    if (monitor_.take_removals()) {
        verify_routes_ = true;
        verify_at_ = now + verify_delay;
    }
    if (holder_->lost_generation() != lost_seen_) settle_faults(now);
    start_when_due(now);
    const Deeds due = routers_.tick(now);
    renew_lease(now);
    carry(due, now);
    watch_paths(now);
    resources_.check(now);
    obey_waiting(now);
    if (verify_at_ && *verify_at_ <= now) {
        verify_at_.reset();
        verify(now);
    }
    const bool more = holder_->work(view_, now);
    for (const std::string& sentence : holder_->take_refusals())
        tell_event(model::EventKind::vrrp_trouble, {sentence});
    if (more) return now;
    Instant next = now + longest_sleep;
    for (const std::optional<Instant>& at : {routers_.wake(), holder_->wake(), delays_.wake(), resources_.wake(), verify_at_})
        if (at) next = std::min(next, *at);
    if (lease_end_) next = std::min(next, now + renewal_pause(*lease_end_ - now));
    if (!started_) next = std::min(next, start_at_);
    for (const Waiting& one : waiting_) next = std::min(next, one.deadline);
    return next;
}

// This director slept through its lease: the data plane has been silent since.
void Engine::note_fence(Instant now) {
    if (!lease_end_ || now <= *lease_end_ || fenced_) return;
    fenced_ = true;
    const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(now - *lease_end_);
    tell_event(model::EventKind::fenced, {"this director did not run, and its lease was over " + std::to_string(silent.count()) + " ms ago"});
}

void Engine::renew_lease(Instant now) {
    lease_end_ = routers_.lease(now);
    if (lease_end_) fence_.answer_until(*lease_end_);
    else if (leased_) fence_.close();
    leased_ = lease_end_.has_value();
    if (!fenced_ || !leased_) return;
    fenced_ = false;
    tell_event(model::EventKind::unfenced, {"it is master, and its lease runs"});
}

void Engine::shut_down(Instant now) {
    for (Index i = 0; i < grounds_.size(); ++i) {
        const Router router = routers_.routers()[i];
        carry(routers_.stop(i, "the daemon ends", now), now);
        tell_(Notification{.name = router.configuration.name, .news = Notification::News::stop, .priority = router.priority(), .how = router.configuration.notify});
    }
    renew_lease(now);
    holder_->finish(view_);
    refuse_packets({});
    (void)monitor_.drain();
    remove_vmacs(vmacs_);
    sysctls_.restore();
}

}  // namespace lvx::vrrp
