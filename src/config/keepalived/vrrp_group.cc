#include "config/keepalived/vrrp_group.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "config/keepalived/fields.hh"
#include "config/keepalived/names.hh"
#include "config/keepalived/vrrp_tracks.hh"
#include "model/fence.hh"

namespace lvx::config::keepalived {
namespace {

using model::VrrpNotify;
using model::VrrpSyncGroup;

constexpr Block here = Block::vrrp_sync_group;

void add_member(std::vector<std::string>& members, const Word& name, Reading& reading) {
    if (expect_object(name, "vrrp_instance", reading) == nullptr) return;
    if (std::ranges::find(members, name.text) != members.end()) {
        return reading.warn(Code::duplicate_name, name.place, fmt::format("\"{}\" is a member twice", name.text), {});
    }
    members.push_back(name.text);
}

// "group { A B }", names on lines of their own or several on one; in the oldest form without braces.
void read_members(std::vector<std::string>& members, const Statement& statement, Reading& reading) {
    for (std::size_t at = 1; at < statement.words.size(); ++at) add_member(members, statement.words[at], reading);
    for (const Statement& line : statement.block) {
        for (const Word& word : line.words) add_member(members, word, reading);
    }
}

void track(VrrpSyncGroup& group, const Statement& statement, Reading& reading) { read_tracks(group.tracks, statement, reading); }

constexpr Row<VrrpSyncGroup> rows[] = {
    {"group", [](VrrpSyncGroup& group, const Statement& s, Reading& reading) { read_members(group.members, s, reading); }},
    {"track_interface", track},
    {"track_script", track},
    {"track_file", track},
    {"track_process", track},
    {"track_bfd", track},
    {"track_service", track},
    {"notify_master", into_command<&VrrpSyncGroup::notify, &VrrpNotify::master>},
    {"notify_backup", into_command<&VrrpSyncGroup::notify, &VrrpNotify::backup>},
    {"notify_fault", into_command<&VrrpSyncGroup::notify, &VrrpNotify::fault>},
    {"notify_stop", into_command<&VrrpSyncGroup::notify, &VrrpNotify::stop>},
    {"notify", into_command<&VrrpSyncGroup::notify, &VrrpNotify::any>},
    {"notify_priority_changes", into_flag<&VrrpSyncGroup::notify, &VrrpNotify::priority_changes>},
    {"smtp_alert", into_flag<&VrrpSyncGroup::notify, &VrrpNotify::smtp_alert>},
    {"sync_group_tracking_weight", into_flag<&VrrpSyncGroup::tracking_weight>},
};

constexpr Row<model::TrackGroup> track_group_rows[] = {
    {"group", [](model::TrackGroup& group, const Statement& s, Reading& reading) { read_members(group.members, s, reading); }},
};

void check_size(const VrrpSyncGroup& group, const Statement& statement, Reading& reading) {
    if (!group.members.empty()) return;
    reading.report({.code = Code::missing_keyword, .place = statement.place(),
                    .message = fmt::format("sync group {} has no members", group.name),
                    .caret = "group { NAME ... } names them", .note = "keepalived would leave out this group"});
}

model::VrrpInstance* find_instance(std::string_view name, Reading& reading) {
    auto& all = reading.site().vrrp.instances;
    const auto found = std::ranges::find(all, name, &model::VrrpInstance::name);
    return found == all.end() ? nullptr : &*found;
}

Place place_of(std::string_view keyword, std::string_view name, Reading& reading) {
    const Statement* statement = reading.find_object(keyword, name);
    return statement == nullptr ? Place{} : statement->place();
}

void settle_group(VrrpSyncGroup& group, std::vector<std::string_view>& taken, Reading& reading) {
    const Place place = place_of("vrrp_sync_group", group.name, reading);
    const auto in_another = [&](const std::string& name) {
        if (std::ranges::find(taken, name) == taken.end()) return false;
        reading.report({.code = Code::duplicate_name, .place = place,
                        .message = fmt::format("virtual router {} is a member of two sync groups", name),
                        .note = "keepalived would leave it out of this one"});
        return true;
    };
    std::erase_if(group.members, in_another);
    bool has_owner = false;
    for (const std::string& name : group.members) {
        model::VrrpInstance* instance = find_instance(name, reading);
        if (instance == nullptr) continue;
        has_owner = has_owner || instance->priority == 255;
        if (group.notify.priority_changes) instance->notify.priority_changes = true;
        if (group.tracking_weight) continue;
        drop_weights(instance->tracks, NoWeights::group, name, place_of("vrrp_instance", name, reading), reading);
    }
    if (has_owner) drop_weights(group.tracks, NoWeights::owner, group.name, place, reading);
}

void settle_groups(Reading& reading) {
    std::vector<std::string_view> taken;
    for (VrrpSyncGroup& group : reading.site().vrrp.groups) {
        settle_group(group, taken, reading);
        taken.insert(taken.end(), group.members.begin(), group.members.end());
    }
}

bool share_peer(const model::VrrpInstance& a, const model::VrrpInstance& b) {
    return std::ranges::any_of(a.peers, [&](const model::UnicastPeer& peer) {
        return std::ranges::find(b.peers, peer.address, &model::UnicastPeer::address) != b.peers.end();
    });
}

// Would one hear what is meant for the other?
bool collide(const model::VrrpInstance& a, const model::VrrpInstance& b) {
    if (a.vrid != b.vrid || a.family != b.family || a.unicast != b.unicast) return false;
    const bool same_interface = a.interface == b.interface;
    if (!a.unicast) return same_interface && a.group == b.group;
    const bool apart = !a.interface.empty() && !b.interface.empty() && !same_interface;
    return !apart && a.source == b.source && share_peer(a, b);
}

// Of two, the first one stays.
void check_router_ids(Reading& reading) {
    auto& all = reading.site().vrrp.instances;
    std::vector<std::string> refused;
    for (std::size_t later = 1; later < all.size(); ++later) {
        const auto first = std::find_if(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(later),
                                        [&](const auto& one) { return one.vrid != 0 && collide(one, all[later]); });
        if (first == all.begin() + static_cast<std::ptrdiff_t>(later)) continue;
        const Statement* statement = reading.find_object("vrrp_instance", all[later].name);
        if (statement == nullptr) continue;
        const Place place = Said(*statement, Block::vrrp_instance).place("virtual_router_id", *statement);
        const Place other = place_of("vrrp_instance", first->name, reading);
        reading.report({.code = Code::duplicate_router_id, .place = place,
                        .message = fmt::format("virtual_router_id {} is that of {} ({}) as well", all[later].vrid, first->name,
                                               reading.short_place(other, place)),
                        .note = "keepalived would refuse one of them"});
        refused.push_back(all[later].name);
    }
    std::erase_if(all, [&](const auto& one) { return std::ranges::find(refused, one.name) != refused.end(); });
}

// A link may be away for less time than backups wait for a master.
void check_delays(Reading& reading) {
    auto& vrrp = reading.site().vrrp;
    for (model::InterfaceDelays& delays : vrrp.delays) {
        for (const model::VrrpInstance& one : vrrp.instances) {
            if (one.interface != delays.interface) continue;
            const auto bound = one.advert_interval * (one.down_timer_adverts - 1);
            if (delays.down < bound && delays.up < bound) continue;
            reading.warn(Code::adjusted_value, place_of("vrrp_instance", one.name, reading),
                         fmt::format("the delays of {} are not below {} advertisements of {}", delays.interface,
                                     one.down_timer_adverts - 1, one.name),
                         "as with keepalived they have no effect");
            delays.down = delays.up = {};
        }
    }
    std::erase_if(vrrp.delays, [](const auto& one) { return one.down.count() == 0 && one.up.count() == 0; });
}

// A standby that watches by BFD must not find a director dead that still answers (ARCHITECTURE.md, "The lease").
void check_fast_peers(Reading& reading) {
    const auto& vrrp = reading.site().vrrp;
    for (const model::VrrpInstance& one : vrrp.instances) {
        const auto watch = std::ranges::find(vrrp.bfds, one.fast_peer, &model::BfdInstance::name);
        if (watch == vrrp.bfds.end()) continue;
        const auto found_dead = watch->min_tx * (watch->multiplier - 1);
        if (found_dead >= model::shortest_lease) continue;
        const Statement* statement = reading.find_object("vrrp_instance", one.name);
        const Place place = statement == nullptr ? Place{} : Said(*statement, Block::vrrp_instance).place("fast_peer", *statement);
        reading.warn(Code::short_watch, place,
                     fmt::format("{} finds a director dead {} ms after it stopped, which may answer for {} ms", one.fast_peer,
                                 std::chrono::duration<double, std::milli>(found_dead).count(), model::shortest_lease.count() / 1000),
                     "two directors could answer at one time; let (multiplier - 1) x min_tx be no less");
    }
}

// A script runs for those who track it, and for nobody else.
void check_scripts(Reading& reading) {
    std::vector<const model::Tracks*> all;
    auto& vrrp = reading.site().vrrp;
    for (const model::VrrpInstance& one : vrrp.instances) all.push_back(&one.tracks);
    for (const VrrpSyncGroup& one : vrrp.groups) all.push_back(&one.tracks);
    for (const model::VrrpScript& script : vrrp.scripts) {
        const auto tracks = [&](const model::Tracks* one) {
            return std::ranges::find(one->scripts, script.name, &model::Track::name) != one->scripts.end();
        };
        if (std::ranges::any_of(all, tracks)) continue;
        reading.warn(Code::unused_name, place_of("vrrp_script", script.name, reading),
                     fmt::format("script {} is tracked by no virtual router", script.name), "it never runs");
    }
}

}  // namespace

void read_sync_group(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2 || !first_of_name(statement, reading)) return;
    VrrpSyncGroup group{.name = statement.words[1].text};
    const auto& globals = reading.site().globals;
    group.notify.smtp_alert = globals.smtp_alert_vrrp.value_or(globals.smtp_alert.value_or(false));
    read_statements<VrrpSyncGroup>(statement, here, rows, group, reading);
    // The oldest form names members without "group"; check.cc says so.
    for (const Statement& one : statement.block) {
        const bool bare = find_keyword(here, one.keyword()) == nullptr && one.words.size() == 1 && !one.has_block;
        if (bare && reading.find_object("vrrp_instance", one.keyword()) != nullptr) add_member(group.members, one.words[0], reading);
    }
    check_size(group, statement, reading);
    if (!group.members.empty()) reading.site().vrrp.groups.push_back(std::move(group));
}

void read_track_group(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2 || !first_of_name(statement, reading)) return;
    model::TrackGroup group{.name = statement.words[1].text};
    read_statements<model::TrackGroup>(statement, Block::track_group, track_group_rows, group, reading);
    if (group.members.empty()) {
        return reading.report({.code = Code::missing_keyword, .place = statement.place(),
                               .message = fmt::format("track_group {} has no members", group.name),
                               .caret = "group { NAME ... } names them", .note = "keepalived would leave out this group"});
    }
    reading.site().vrrp.track_groups.push_back(std::move(group));
}

void settle_routers(Reading& reading) {
    check_router_ids(reading);
    settle_names(reading);
    settle_groups(reading);
    check_delays(reading);
    check_fast_peers(reading);
    check_scripts(reading);
}

std::vector<std::string_view> group_keywords(Block block) {
    if (block == here) return keywords_of<VrrpSyncGroup>(rows);
    if (block == Block::track_group) return keywords_of<model::TrackGroup>(track_group_rows);
    return {};
}

}  // namespace lvx::config::keepalived
