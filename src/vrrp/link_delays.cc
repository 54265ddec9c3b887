#include "vrrp/link_delays.hh"

namespace lvx::vrrp {

void LinkDelays::configure(const std::vector<model::InterfaceDelays>& delays) {
    delays_.clear();
    for (const model::InterfaceDelays& one : delays) delays_[one.interface] = one;
    std::erase_if(links_, [&](const auto& each) { return !delays_.contains(each.first); });
}

net::World LinkDelays::seen(const net::World& world, Instant now) {
    net::World result = world;
    for (auto& [ifindex, link] : result.links) {
        const auto delay = delays_.find(link.name);
        if (delay == delays_.end()) continue;
        const auto [place, is_new] = links_.try_emplace(link.name, Link{.counts_up = link.up, .changes_at = std::nullopt});
        Link& known = place->second;
        if (link.up == known.counts_up) {
            known.changes_at.reset();
        } else if (!known.changes_at) {
            known.changes_at = now + (link.up ? delay->second.up : delay->second.down);
        }
        if (known.changes_at && *known.changes_at <= now) {
            known.counts_up = link.up;
            known.changes_at.reset();
        }
        link.up = known.counts_up;
    }
    return result;
}

std::optional<Instant> LinkDelays::wake() const {
    std::optional<Instant> earliest;
    for (const auto& [name, link] : links_)
        if (link.changes_at && (!earliest || *link.changes_at < *earliest)) earliest = link.changes_at;
    return earliest;
}

}  // namespace lvx::vrrp
