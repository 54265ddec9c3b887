// The third part of engine.hh: what routers stand on.  Devices are made, links and losses become faults, what somebody removed
// is put back.
#include <algorithm>
#include <utility>

#include "vrrp/engine.hh"
#include "vrrp/refuser_driver.hh"

namespace lvx::vrrp {

void Engine::refuse_packets(const std::set<Address>& addresses) {
    if (addresses == refused_) return;
    if (const Result<void> done = refuse_packets_to(addresses); !done) tell_event(model::EventKind::vrrp_trouble, {done.error().sentence()});
    else refused_ = addresses;
}

void Engine::make_vmacs() {
    for (const model::VrrpInstance& instance : settings_.vrrp.instances)
        if (instance.promote_secondaries) (void)set_sysctl("net/ipv4/conf/" + instance.interface + "/promote_secondaries", "1");
    for (const VmacDevice& device : vmacs_) make(device);
    if (!vmacs_.empty()) (void)monitor_.drain();
}

// One that a daemon before this one left is taken over; one that is none of ours is left alone, and a fault.
void Engine::make(const VmacDevice& device) {
    const net::Link* below = link_named(monitor_.world(), device.below);
    if (below == nullptr) return;
    sysctls_.release_all_rp_filter();
    if (device.kind == model::VmacUse::Kind::vmac) sysctls_.prepare_below(device.below);
    const net::Link* there = link_named(monitor_.world(), device.name);
    if (there != nullptr && is_vmac(device, *there, *below)) return;
    if (there != nullptr) return tell_event(model::EventKind::vrrp_trouble, {device.name + " exists and is no VMAC device of " + device.below});
    const net::Link* vrf = device.vrf.empty() ? nullptr : link_named(monitor_.world(), device.vrf);
    if (const Result<void> made = make_vmac(device, *below, vrf == nullptr ? 0 : vrf->ifindex); !made)
        tell_event(model::EventKind::vrrp_trouble, {made.error().sentence()});
}

void Engine::remove_vmacs(const std::vector<VmacDevice>& devices) {
    for (const VmacDevice& device : devices) {
        const net::Link* below = link_named(monitor_.world(), device.below);
        const net::Link* there = link_named(monitor_.world(), device.name);
        if (below != nullptr && there != nullptr && is_vmac(device, *there, *below)) (void)remove_link(there->ifindex);
    }
}

// A VMAC device hangs on the same switch as the interface below it.
Spacings Engine::spacings() const {
    Spacings result = spacings_of(settings_.vrrp.garp_groups, settings_.garp_spacing);
    for (const VmacDevice& device : vmacs_) {
        const auto below = result.find(device.below);
        Spacing shared = below == result.end() ? settings_.garp_spacing : below->second;
        if (shared.together.empty()) shared.together = device.below;
        result.emplace(device.name, shared);
    }
    return result;
}

// The network changed, or may have: sockets, sources and faults follow.
void Engine::look(Instant now) {
    if (seen_links_ != monitor_.world().links) make_vmacs();
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

}  // namespace lvx::vrrp
