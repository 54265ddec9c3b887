// Names of blocks that were left out.  Their mistakes have been reported; at a tolerant start what refers to them goes too.
#include <algorithm>

#include "config/keepalived/vrrp_group.hh"

namespace lvx::config::keepalived {
namespace {

bool has(const auto& objects, std::string_view name) {
    return std::ranges::any_of(objects, [&](const auto& one) { return one.name == name; });
}

void keep_known(std::vector<std::string>& names, const auto& objects) {
    std::erase_if(names, [&](const std::string& name) { return !has(objects, name); });
}

void keep_known(model::Tracks& tracks, const model::Vrrp& vrrp) {
    const auto prune = [](std::vector<model::Track>& list, const auto& objects) {
        std::erase_if(list, [&](const model::Track& one) { return !has(objects, one.name); });
    };
    prune(tracks.scripts, vrrp.scripts);
    prune(tracks.files, vrrp.files);
    prune(tracks.processes, vrrp.processes);
    prune(tracks.bfds, vrrp.bfds);
}

// A check by a name that nothing has says nothing.
void keep_known(model::Pool& pool, const model::Vrrp& vrrp) {
    const auto empty = [&](const model::Check& check) {
        const auto* file = std::get_if<model::FileCheck>(&check.kind);
        const auto* bfd = std::get_if<model::BfdCheck>(&check.kind);
        return (file != nullptr && !has(vrrp.files, file->track_file)) || (bfd != nullptr && !has(vrrp.bfds, bfd->name));
    };
    for (model::WatchedServer& server : pool.servers) std::erase_if(server.checks, empty);
}

}  // namespace

void settle_names(Reading& reading) {
    model::Site& site = reading.site();
    model::Vrrp& vrrp = site.vrrp;
    for (model::VrrpInstance& one : vrrp.instances) {
        keep_known(one.tracks, vrrp);
        if (!has(vrrp.bfds, one.fast_peer)) one.fast_peer.clear();
    }
    for (model::VrrpSyncGroup& one : vrrp.groups) {
        keep_known(one.tracks, vrrp);
        keep_known(one.members, vrrp.instances);
    }
    for (model::TrackGroup& one : vrrp.track_groups) keep_known(one.members, vrrp.instances);
    const auto nobody = [](const auto& group) { return group.members.empty(); };
    std::erase_if(vrrp.groups, nobody);
    std::erase_if(vrrp.track_groups, nobody);
    for (model::Pool& pool : site.pools) keep_known(pool, vrrp);
    auto& daemon = site.globals.sync_daemon;
    if (daemon && !daemon->instance.empty() && !has(vrrp.instances, daemon->instance)) daemon.reset();
}

}  // namespace lvx::config::keepalived
