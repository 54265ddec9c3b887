#include <fmt/format.h>

#include <algorithm>

#include "config/keepalived/print_parts.hh"

namespace lvx::config::keepalived {
namespace {

using namespace model;

void print_routes(std::string_view block, const std::vector<RouteLine>& routes, Page& page) {
    if (routes.empty()) return;
    page.open(block);
    for (const RouteLine& one : routes) {
        std::string line = joined(one.words);
        if (one.verb != "add") line += " " + one.verb;
        if (one.no_track) line += " no_track";
        if (!one.track_group.empty()) line += " track_group " + word_text(one.track_group);
        page.line(line);
    }
    page.close();
}

void print_rules(std::string_view block, const std::vector<RuleLine>& rules, Page& page) {
    if (rules.empty()) return;
    page.open(block);
    for (const RuleLine& one : rules) {
        const bool says_family = one.family == Family::v4;
        std::string line = (says_family ? "" : "inet6 ") + joined(one.words);
        if (one.no_track) line += " no_track";
        if (!one.track_group.empty()) line += " track_group " + word_text(one.track_group);
        page.line(line);
    }
    page.close();
}

void print_addresses(std::string_view block, const std::vector<InterfaceAddress>& addresses, Page& page) {
    if (addresses.empty()) return;
    page.open(block);
    for (const InterfaceAddress& one : addresses) page.line(address_line(one));
    page.close();
}

void print_unicast(const VrrpInstance& instance, Page& page) {
    if (!instance.unicast) return;
    page.open("unicast_peer");
    for (const UnicastPeer& peer : instance.peers) {
        std::string line = peer.address.text();
        if (peer.min_ttl) line += fmt::format(" min_ttl {}", *peer.min_ttl);
        if (peer.max_ttl) line += fmt::format(" max_ttl {}", *peer.max_ttl);
        page.line(line);
    }
    page.close();
    if (instance.unicast_ttl) page.number("unicast_ttl", *instance.unicast_ttl, -1);
    page.flag("check_unicast_src", instance.check_unicast_source, false);
    page.flag("unicast_fault_no_peer", instance.unicast_fault_no_peer, false);
    if (instance.old_unicast_checksum) page.line(*instance.old_unicast_checksum ? "old_unicast_checksum" : "old_unicast_checksum never");
}

void print_authentication(const VrrpInstance& instance, Page& page) {
    if (instance.auth == VrrpAuth::none) return;
    page.open("authentication");
    page.line(instance.auth == VrrpAuth::password ? "auth_type PASS" : "auth_type AH");
    const auto& data = instance.auth_data;
    const auto end = std::ranges::find(data, '\0');
    page.text("auth_pass", std::string(data.begin(), end));
    page.close();
}

void print_hmac(const Hmac& hmac, Page& page) {
    if (hmac.keys.empty()) return;
    page.open("auth_hmac");
    for (const HmacKey& key : hmac.keys) {
        std::string text;
        for (const std::uint8_t byte : key.secret) text += fmt::format("{:02x}", byte);
        page.line(fmt::format("key {} hex:{}", key.id, text));
    }
    page.line(fmt::format("active_key {}", hmac.active));
    page.line_if(hmac.monotonic, "anti_replay monotonic");
    page.number("time_window", hmac.window.count(), 0);
    using enum Hmac::Mode;
    if (hmac.mode != enforce) page.line(hmac.mode == permissive ? "mode permissive" : "mode receive-only");
    page.close();
}

void print_garp(const GarpTimes& garp, Page& page) {
    const GarpTimes usual;
    page.time("garp_master_delay", garp.delay, usual.delay);
    page.number("garp_master_repeat", garp.repeat, usual.repeat);
    page.time("garp_master_refresh", garp.refresh, usual.refresh);
    page.number("garp_master_refresh_repeat", garp.refresh_repeat, usual.refresh_repeat);
    page.time("garp_lower_prio_delay", garp.lower_priority_delay, garp.delay);
    page.number("garp_lower_prio_repeat", garp.lower_priority_repeat, garp.repeat);
    if (garp.extra.count() != 0) page.line(fmt::format("garp_extra_if {}{}", garp.extra_all ? "all " : "", garp.extra.count()));
}

std::string mac_text(const std::array<std::uint8_t, 6>& mac) {
    return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void print_vmac(const VmacUse& vmac, Page& page) {
    if (vmac.kind != VmacUse::Kind::none) {
        std::string line = vmac.kind == VmacUse::Kind::vmac ? "use_vmac" : "use_ipvlan";
        if (!vmac.name.empty()) line += " " + vmac.name;
        if (vmac.mac) line += " " + mac_text(*vmac.mac);
        if (vmac.address) line += " " + vmac.address->text();
        if (!vmac.mode.empty()) line += " " + vmac.mode;
        if (vmac.netlink_notify) line += " netlink_notify_msg";
        if (vmac.group != 0) line += fmt::format(" group {}", vmac.group);
        page.line(line);
    }
    page.line_if(vmac.addresses_only, "use_vmac_addr");
    page.line_if(vmac.transmit_on_base, "vmac_xmit_base");
}

void print_protocol(const VrrpInstance& instance, Page& page) {
    page.line(fmt::format("virtual_router_id {}", instance.vrid));
    page.line(fmt::format("priority {}", instance.priority));
    page.number("version", instance.version, instance.family == Family::v4 ? 2 : 3);
    page.time("advert_int", instance.advert_interval, VrrpInstance{}.advert_interval);
    page.number("down_timer_adverts", instance.down_timer_adverts, 3);
    page.line_if(!instance.preempt, "nopreempt");
    page.time("preempt_delay", instance.preempt_delay, {});
    page.flag("strict_mode", instance.strict, false);
    page.line_if(!instance.accept, "no_accept");
    page.flag("skip_check_adv_addr", instance.skip_check_adv_addr, false);
    page.flag("lower_prio_no_advert", instance.lower_prio_no_advert, false);
    page.flag("higher_prio_send_advert", instance.higher_prio_send_advert, false);
    page.flag("owner_ignore_adverts", instance.owner_ignore_adverts, false);
    if (instance.timer_expired_backup) page.line(fmt::format("timer_expired_backup {}", *instance.timer_expired_backup));
    page.flag("v3_checksum_as_v2", instance.checksum_as_v2, false);
    page.number("kernel_rx_buf_size", instance.receive_buffer, 0);
}

void print_resources(const Resources& resources, Page& page) {
    page.time("resource_timeout", resources.timeout, Resources{}.timeout);
    page.time("resource_interval", resources.interval, {});
    if (resources.scripts.empty()) return;
    page.open("virtual_resources");
    for (const Command& command : resources.scripts) page.line(joined(command.words));
    page.close();
}

void print_paths(const VrrpInstance& instance, Page& page) {
    for (const auto& path : instance.paths) {
        page.line("path " + path.interface + (path.peer ? " " + path.peer->text() : ""));
    }
}

}  // namespace

std::string address_line(const InterfaceAddress& address) {
    std::string line = fmt::format("{}/{}", address.address.text(), address.prefix_length);
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) line += fmt::format(" {} {}", name, value);
    };
    if (address.broadcast_all_ones) line += " brd +";
    if (address.broadcast_all_zeros) line += " brd -";
    add("brd", address.broadcast ? address.broadcast->text() : "");
    add("dev", address.interface);
    if (address.scope != 0) add("scope", std::to_string(address.scope));
    add("label", address.label);
    add("peer", address.peer ? address.peer->text() : "");
    const std::pair<bool, std::string_view> flags[] = {
        {address.home, "home"}, {address.nodad, "-nodad"}, {address.mngtmpaddr, "mngtmpaddr"},
        {address.noprefixroute, "noprefixroute"}, {address.autojoin, "autojoin"}, {address.no_track, "no_track"},
        {address.use_vmac, "use_vmac"}};
    for (const auto& [wanted, word] : flags) {
        if (wanted) line += fmt::format(" {}", word);
    }
    if (address.preferred_lifetime) add("preferred_lft", std::to_string(*address.preferred_lifetime));
    add("track_group", address.track_group);
    return line;
}

std::string joined(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word_text(word);
    return line;
}

void print_vrrp_instance(const VrrpInstance& instance, Page& page) {
    page.gap();
    page.open(fmt::format("vrrp_instance {}", word_text(instance.name)));
    page.line(instance.wants_master ? "state MASTER" : "state BACKUP");
    page.text("interface", instance.interface);
    page.text("vrf", instance.vrf);
    page.text("fast_peer", instance.fast_peer);
    print_protocol(instance, page);
    page.address("mcast_src_ip", instance.source);
    page.line_if(instance.track_source, "track_src_ip");
    page.address("mcast_dst_ip", instance.group);
    print_unicast(instance, page);
    print_authentication(instance, page);
    print_hmac(instance.hmac, page);
    print_vmac(instance.vmac, page);
    print_paths(instance, page);
    print_resources(instance.resources, page);
    print_addresses("virtual_ipaddress", instance.addresses, page);
    print_addresses("virtual_ipaddress_excluded", instance.excluded, page);
    page.line_if(instance.addresses.empty(), "no_virtual_ipaddress");
    print_routes("virtual_routes", instance.routes, page);
    print_rules("virtual_rules", instance.rules, page);
    page.flag("promote_secondaries", instance.promote_secondaries, false);
    page.flag("dont_track_primary", instance.dont_track_primary, false);
    print_garp(instance.garp, page);
    print_tracks(instance.tracks, page);
    print_notify(instance.notify, page);
    page.close();
}

void print_sync_group(const VrrpSyncGroup& group, Page& page) {
    page.gap();
    page.open(fmt::format("vrrp_sync_group {}", word_text(group.name)));
    page.open("group");
    for (const std::string& member : group.members) page.line(word_text(member));
    page.close();
    page.flag("sync_group_tracking_weight", group.tracking_weight, false);
    print_tracks(group.tracks, page);
    print_notify(group.notify, page);
    page.close();
}

static void print_track_group(const TrackGroup& group, Page& page) {
    page.gap();
    page.open(fmt::format("track_group {}", word_text(group.name)));
    page.open("group");
    for (const std::string& member : group.members) page.line(word_text(member));
    page.close();
    page.close();
}

static void print_garp_group(const GarpGroup& group, Page& page) {
    page.gap();
    page.open("garp_group");
    page.time("garp_interval", group.garp_interval, {});
    page.time("gna_interval", group.na_interval, {});
    page.open("interfaces");
    for (const std::string& interface : group.interfaces) page.line(word_text(interface));
    page.close();
    page.close();
}

void print_statics(const Vrrp& vrrp, Page& page) {
    for (const TrackGroup& one : vrrp.track_groups) print_track_group(one, page);
    for (const GarpGroup& one : vrrp.garp_groups) print_garp_group(one, page);
    if (!vrrp.delays.empty()) {
        page.gap();
        page.open("interface_up_down_delays");
        for (const InterfaceDelays& one : vrrp.delays) {
            page.line(fmt::format("{} {} {}", one.interface, seconds_text(one.down), seconds_text(one.up)));
        }
        page.close();
    }
    if (!vrrp.static_addresses.empty() || !vrrp.static_routes.empty() || !vrrp.static_rules.empty()) page.gap();
    print_addresses("static_ipaddress", vrrp.static_addresses, page);
    print_routes("static_routes", vrrp.static_routes, page);
    print_rules("static_rules", vrrp.static_rules, page);
}

}  // namespace lvx::config::keepalived
