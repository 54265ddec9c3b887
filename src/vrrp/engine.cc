#include "vrrp/engine.hh"

#include <algorithm>
#include <utility>

#include "vrrp/refuser_driver.hh"
#include "vrrp/vmac_driver.hh"

namespace lvx::vrrp {

namespace {

constexpr std::chrono::milliseconds longest_sleep{250};     // status and leases stay fresh though nothing happens
constexpr std::chrono::milliseconds verify_delay{50};       // our own changes have been heard of by then

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

Settings named(Settings settings) {
    settings.vrrp = with_vmac_names(std::move(settings.vrrp), settings.vmac_prefix);
    return settings;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const Settings& settings, Fence& fence, script::Runner* runner, Tell tell, Instant now) {
    Monitor monitor = TRY(Monitor::open());
    std::unique_ptr<Holder> holder = TRY(Holder::open(runner));
    std::unique_ptr<Engine> engine(new Engine(settings, std::move(monitor), std::move(holder), fence, std::move(tell), now));
    engine->prepare(now);
    return engine;
}

Engine::Engine(const Settings& settings, Monitor monitor, std::unique_ptr<Holder> holder, Fence& fence, Tell tell, Instant now)
    : settings_(named(settings)),
      monitor_(std::move(monitor)),
      holder_(std::move(holder)),
      fence_(fence),
      tell_(std::move(tell)),
      routers_(settings_.vrrp, now),
      start_at_(now + settings.startup_delay) {}

std::vector<int> Engine::fds() const {
    std::vector<int> result = ports_.fds();
    result.push_back(monitor_.fd());
    return result;
}

// What a configuration needs before its routers may run.
void Engine::prepare(Instant now) {
    virtual_addresses_ = virtual_addresses_of(settings_.vrrp);
    memories_.resize(settings_.vrrp.instances.size());
    delays_.configure(settings_.vrrp.delays);
    holder_->set_spacing(spacings());
    fence_.guard({virtual_addresses_.begin(), virtual_addresses_.end()});
    if (std::ranges::any_of(settings_.vrrp.instances, has_routing) || has_static_routing(settings_.vrrp)) monitor_.follow_removals();
    refuse_packets(refused_addresses(settings_.vrrp));
    goods_interfaces_.clear();
    for (const model::VrrpInstance& instance : settings_.vrrp.instances) goods_interfaces_.push_back(interfaces_of_goods(settings_.vrrp, instance));
    make_vmacs();
    look(now);
    holder_->keep_static(settings_.vrrp, view_);
}

void Engine::refuse_packets(const std::set<Address>& addresses) {
    if (addresses == refused_) return;
    if (const Result<void> done = refuse_packets_to(addresses); !done) tell_event(model::EventKind::vrrp_trouble, {done.error().sentence()});
    else refused_ = addresses;
}

void Engine::make_vmacs() {
    for (const model::VrrpInstance& instance : settings_.vrrp.instances) {
        const std::string name = vmac_name(instance);
        const net::Link* below = link_named(monitor_.world(), instance.interface);
        if (instance.promote_secondaries) (void)set_sysctl("net/ipv4/conf/" + instance.interface + "/promote_secondaries", "1");
        if (name.empty() || below == nullptr || link_named(monitor_.world(), name) != nullptr) continue;
        if (const Result<void> made = make_vmac(instance, *below); !made)
            tell_event(model::EventKind::vrrp_trouble, {made.error().sentence()});
    }
    (void)monitor_.drain();
}

// A VMAC device hangs on the same switch as the interface below it.
Spacings Engine::spacings() const {
    Spacings result = spacings_of(settings_.vrrp.garp_groups, settings_.garp_spacing);
    for (const model::VrrpInstance& instance : settings_.vrrp.instances) {
        const auto below = result.find(instance.interface);
        const std::string name = vmac_name(instance);
        if (name.empty() || result.contains(name)) continue;
        Spacing shared = below == result.end() ? settings_.garp_spacing : below->second;
        if (shared.together.empty()) shared.together = instance.interface;
        result.emplace(name, shared);
    }
    return result;
}

// The network changed, or may have: sockets, sources and faults follow.
void Engine::look(Instant now) {
    view_ = delays_.empty() ? monitor_.world() : delays_.seen(monitor_.world(), now);
    std::vector<Ground> grounds;
    for (const model::VrrpInstance& instance : settings_.vrrp.instances) grounds.push_back(ground_of(instance, view_, virtual_addresses_));
    if (grounds != grounds_ || look_again_) {
        grounds_ = std::move(grounds);
        look_again_ = false;
        const std::vector<PortTrouble> troubles = ports_.configure(settings_.vrrp, grounds_, view_);
        for (const PortTrouble& trouble : troubles) grounds_[trouble.instance].faults.push_back(trouble.sentence);
        for (Index i = 0; i < memories_.size(); ++i) {
            memories_[i].heard.resize(ports_.paths(i).size(), now);
            memories_[i].path_lost.resize(ports_.paths(i).size());
            routers_.at(i).source = grounds_[i].source;
        }
        // A trouble may be over next time though the ground is the same.
        look_again_ = !troubles.empty();
        ++generation_;
    }
    if (seen_links_ != view_.links) links_changed(now);
    settle_faults(now);
    observe_interfaces(now);
    verify_at_ = now + verify_delay;
}

// The kernel drops IPv4 routes without a word when their link goes down; an interface may be another one of the same name.
void Engine::links_changed(Instant now) {
    seen_links_ = view_.links;
    holder_->forget_lost();
    holder_->keep_static(settings_.vrrp, view_);
    for (Index i = 0; i < grounds_.size(); ++i)
        if (routers_.routers()[i].state == State::master) holder_->take(i, routers_.routers()[i], grounds_[i], view_, now);
    verify_routes_ = true;
}

void Engine::settle_faults(Instant now) {
    lost_seen_ = holder_->lost_generation();
    for (Index i = 0; i < grounds_.size(); ++i) carry(routers_.set_ground(i, faults_of(i), now), now);
}

std::vector<std::string> Engine::faults_of(Index instance) const {
    std::vector<std::string> faults = grounds_[instance].faults;
    for (const std::string& interface : goods_interfaces_[instance]) {
        const net::Link* link = link_named(view_, interface);
        if (link == nullptr || !link->up) faults.push_back("interface " + interface + (link == nullptr ? " does not exist" : " is down"));
    }
    const auto follows = [&](const std::string& name) {
        const auto group = std::ranges::find(settings_.vrrp.track_groups, name, &model::TrackGroup::name);
        return group != settings_.vrrp.track_groups.end() && std::ranges::find(group->members, settings_.vrrp.instances[instance].name) != group->members.end();
    };
    for (const Lost& lost : holder_->lost())
        if (lost.instance ? *lost.instance == instance : follows(lost.track_group)) faults.push_back(lost.sentence);
    return faults;
}

void Engine::verify(Instant now) {
    const std::uint64_t before = holder_->restored();
    holder_->verify(monitor_.world(), now);
    // An address that went took the routes with it that need it.
    if (holder_->restored() != before) {
        verify_routes_ = true;
        verify_at_ = now + verify_delay;
        return;
    }
    if (std::exchange(verify_routes_, false)) holder_->verify_routes();
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
    const Settings settings = named(next);
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
    tell_seldom(model::EventKind::vrrp_advert_refused, name(arrival.instance), arrival.route.source,
                {name(arrival.instance), arrival.route.source.text(), std::string(sentence_of(refusal))}, now);
}

Instant Engine::step(Instant now) {
    // Before timers: after a pause, whoever took over meanwhile is heard first (Routers::is_late).
    note_fence(now);
    ports_.receive([&](const Arrival& arrival) { hear(arrival, now); });
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
    if (verify_at_ && *verify_at_ <= now) {
        verify_at_.reset();
        verify(now);
    }
    const bool more = holder_->work(view_, now);
    for (const std::string& sentence : holder_->take_refusals())
        tell_event(model::EventKind::vrrp_trouble, {sentence});
    if (more) return now;
    Instant next = now + longest_sleep;
    for (const std::optional<Instant>& at : {routers_.wake(), holder_->wake(), delays_.wake(), verify_at_})
        if (at) next = std::min(next, *at);
    if (lease_end_) next = std::min(next, now + (*lease_end_ - now) / 2);
    if (!started_) next = std::min(next, start_at_);
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
    for (const model::VrrpInstance& instance : settings_.vrrp.instances) {
        const std::string vmac = vmac_name(instance);
        const net::Link* link = vmac.empty() ? nullptr : link_named(monitor_.world(), vmac);
        if (link != nullptr) (void)remove_link(link->ifindex);
    }
}

}  // namespace lvx::vrrp
