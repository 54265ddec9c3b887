// The fourth part of engine.hh: who gives its mastership away of its own will stops its resources first, while it still has the
// addresses, at most for as long as their time-outs allow.  Whom a fault or a better router displaces gives the addresses
// away at once, and its resources are stopped meanwhile.
#include <algorithm>
#include <utility>

#include "vrrp/engine.hh"

namespace lvx::vrrp {

// Masters among them, with their sync groups.
std::vector<Index> Engine::given_away(const Order& order) const {
    std::vector<Index> result;
    const auto* failover = std::get_if<Failover>(&order);
    const auto* standby = std::get_if<SetStandby>(&order);
    const bool all = standby != nullptr && standby->wanted == Standby::on;
    if (failover == nullptr && !all) return result;
    const std::optional<Index> asked = failover == nullptr ? std::nullopt : routers_.find(failover->instance);
    for (Index i = 0; i < grounds_.size(); ++i) {
        const bool together = asked && !routers_.group_name(i).empty() && routers_.group_name(i) == routers_.group_name(*asked);
        if (routers_.routers()[i].state == State::master && (all || i == asked || together)) result.push_back(i);
    }
    return result;
}

bool Engine::must_wait(const Order& order, Instant now) {
    Microseconds longest{0};
    for (const Index i : given_away(order)) {
        if (!resources_.has_any(name(i))) continue;
        resources_.want(name(i), Wanted::stopped);
        longest = std::max(longest, resources_.patience(name(i)));
    }
    if (longest.count() == 0) return false;
    waiting_.push_back({order, now + longest});
    return true;
}

void Engine::obey_waiting(Instant now) {
    for (const Waiting& one : std::exchange(waiting_, {})) {
        const std::vector<Index> masters = given_away(one.order);
        const bool ready = std::ranges::all_of(masters, [&](Index i) { return resources_.is_settled(name(i)); });
        if (ready || now >= one.deadline) obey_now(one.order, now);
        else waiting_.push_back(one);
    }
}

bool Engine::wind_down(Instant now) {
    if (!wind_down_until_) {
        Microseconds longest{0};
        for (const model::VrrpInstance& instance : settings_.vrrp.instances) {
            resources_.want(instance.name, Wanted::stopped);
            longest = std::max(longest, resources_.patience(instance.name));
        }
        wind_down_until_ = now + longest;
    }
    return resources_.is_settled() || now >= *wind_down_until_;
}

}  // namespace lvx::vrrp
