#include "config/keepalived/vrrp_instance.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/keepalived/address_line.hh"
#include "config/keepalived/garp_extra.hh"
#include "config/keepalived/globals.hh"
#include "config/keepalived/line_cursor.hh"
#include "config/keepalived/names.hh"
#include "config/keepalived/route_line.hh"
#include "config/keepalived/vrrp_tracks.hh"

namespace lvx::config::keepalived {
namespace {

using Draft = InstanceDraft;
using model::GarpTimes;
using model::VrrpInstance;
using model::VrrpNotify;
using model::VmacUse;

constexpr Block here = Block::vrrp_instance;
constexpr std::uint8_t default_timer_priority = 254;

void read_state(Draft& draft, const Statement& statement, Reading&) {
    const auto word = word_of(statement);
    if (word == "MASTER") draft.master = true;
    if (word == "BACKUP") draft.master = false;
}

void read_own_interface(Draft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return;
    if (const auto name = reading.keep(read_interface(statement.words[1]))) draft.instance.interface = *name;
}

void read_version(Draft& draft, const Statement& statement, Reading&) {
    const auto word = word_of(statement);
    if (word == "2" || word == "3") draft.instance.version = word == "2" ? 2 : 3;
}

// "never", or a flag.
void read_old_checksum(Draft& draft, const Statement& statement, Reading& reading) {
    if (word_of(statement) == "never") {
        draft.instance.old_unicast_checksum = false;
        return;
    }
    if (statement.words.size() < 2) draft.instance.old_unicast_checksum = true;
    else if (const auto flag = reading.keep(read_flag(statement.words[1]))) draft.instance.old_unicast_checksum = *flag;
}

void read_resources(Draft& draft, const Statement& statement, Reading& reading) {
    auto& scripts = draft.instance.resources.scripts;
    for (const Statement& line : statement.block) {
        model::Command command;
        for (const Word& word : line.words) command.words.push_back(word.text);
        if (std::ranges::find(scripts, command) == scripts.end()) scripts.push_back(std::move(command));
        else reading.warn(Code::duplicate_name, line.place(), "this resource is listed twice", "the first line counts");
    }
}

void read_fast_peer(Draft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2 || expect_object_for_ours(statement.words[1], "bfd_instance", reading) == nullptr) return;
    draft.instance.fast_peer = statement.words[1].text;
}

void read_timer_priority(Draft& draft, const Statement& statement, Reading&) {
    const auto number = number_of(statement, here);
    if (number || statement.words.size() < 2) {
        draft.instance.timer_expired_backup = static_cast<std::uint8_t>(number.value_or(default_timer_priority));
    }
}

template <std::vector<Draft::AddressAt> Draft::*list>
void read_addresses(Draft& draft, const Statement& statement, Reading& reading) {
    for (const Statement& line : statement.block) {
        auto address = read_address_line(line, AddressUse::virtual_address, reading);
        if (address) (draft.*list).push_back({std::move(*address), line.place()});
    }
}

void read_routes(Draft& draft, const Statement& statement, Reading& reading) {
    for (const Statement& line : statement.block) {
        if (auto route = read_route_line(line, LineOwner::instance, reading)) draft.instance.routes.push_back(std::move(*route));
    }
}

void read_rules(Draft& draft, const Statement& statement, Reading& reading) {
    for (const Statement& line : statement.block) {
        if (auto rule = read_rule_line(line, LineOwner::instance, reading)) draft.instance.rules.push_back(std::move(*rule));
    }
}

// "lvs_sync_daemon_interface IF": the daemon follows this virtual router.
void read_old_sync(Draft& draft, const Statement& statement, Reading& reading) {
    if (reading.site().globals.sync_daemon) {
        return reading.warn(Code::conflicting_keywords, statement.place(), "there is a sync daemon already",
                            "keepalived ignores the line as well; lvs_sync_daemon belongs into global_defs");
    }
    read_sync_daemon(statement, reading);
    auto& daemon = reading.site().globals.sync_daemon;
    if (!daemon || !daemon->instance.empty()) return;
    daemon->instance = draft.instance.name;
    if (const Statement* id = draft.said.find("virtual_router_id")) {
        daemon->id = static_cast<std::uint8_t>(number_of(*id, here).value_or(0));
    }
}

void track(Draft& draft, const Statement& statement, Reading& reading) { read_tracks(draft.instance.tracks, statement, reading); }

template <std::optional<bool> Draft::*member, bool meaning>
void read_choice_of(Draft& draft, const Statement& statement, Reading&) {
    if (const auto flag = flag_given(statement)) draft.*member = *flag == meaning;
}

template <std::optional<model::Command> VrrpNotify::*member>
void read_notify(Draft& draft, const Statement& statement, Reading& reading) {
    draft.instance.notify.*member = command_of(statement, reading);
}

constexpr auto D = &Draft::instance;
constexpr auto garp = &VrrpInstance::garp;
constexpr auto vmac = &VrrpInstance::vmac;

constexpr Row<Draft> rows[] = {
    {"state", read_state},
    {"interface", read_own_interface},
    {"virtual_router_id", into_number<here, D, &VrrpInstance::vrid>},
    {"priority", into_number<here, D, &VrrpInstance::priority>},
    {"advert_int", into_time<here, D, &VrrpInstance::advert_interval>},
    {"version", read_version},
    {"vrf", into_word<D, &VrrpInstance::vrf>},
    {"dont_track_primary", into_flag<D, &VrrpInstance::dont_track_primary>},
    {"mcast_src_ip", into_address<D, &VrrpInstance::source>},
    {"track_src_ip", into_flag<D, &VrrpInstance::track_source>},
    {"mcast_dst_ip", into_address<D, &VrrpInstance::group>},
    {"unicast_peer", read_peers},
    {"path", read_path},
    {"fast_peer", read_fast_peer},
    {"virtual_resources", read_resources},
    {"resource_timeout", into_time<here, D, &VrrpInstance::resources, &model::Resources::timeout>},
    {"resource_interval", into_time<here, D, &VrrpInstance::resources, &model::Resources::interval>},
    {"unicast_ttl", into_number<here, D, &VrrpInstance::unicast_ttl>},
    {"check_unicast_src", into_flag<D, &VrrpInstance::check_unicast_source>},
    {"unicast_fault_no_peer", into_flag<D, &VrrpInstance::unicast_fault_no_peer>},
    {"old_unicast_checksum", read_old_checksum},
    {"virtual_ipaddress", read_addresses<&Draft::addresses>},
    {"virtual_ipaddress_excluded", read_addresses<&Draft::excluded>},
    {"no_virtual_ipaddress", into_flag<&Draft::no_addresses_wanted>},
    {"virtual_routes", read_routes},
    {"virtual_rules", read_rules},
    {"promote_secondaries", into_flag<D, &VrrpInstance::promote_secondaries>},
    {"accept", read_choice_of<&Draft::accept, true>},
    {"no_accept", read_choice_of<&Draft::accept, false>},
    {"preempt", read_choice_of<&Draft::preempt, true>},
    {"nopreempt", read_choice_of<&Draft::preempt, false>},
    {"preempt_delay", into_time<here, D, &VrrpInstance::preempt_delay>},
    {"strict_mode", into_flag<D, &VrrpInstance::strict>},
    {"skip_check_adv_addr", into_flag<D, &VrrpInstance::skip_check_adv_addr>},
    {"garp_master_delay", into_time<here, D, garp, &GarpTimes::delay>},
    {"garp_master_repeat", into_number<here, D, garp, &GarpTimes::repeat>},
    {"garp_master_refresh", into_time<here, D, garp, &GarpTimes::refresh>},
    {"garp_master_refresh_repeat", into_number<here, D, garp, &GarpTimes::refresh_repeat>},
    {"garp_lower_prio_delay", into_time<here, D, garp, &GarpTimes::lower_priority_delay>},
    {"garp_lower_prio_repeat", into_number<here, D, garp, &GarpTimes::lower_priority_repeat>},
    {"garp_extra_if", [](Draft& d, const Statement& s, Reading& r) { read_garp_extra(d.instance.garp, s, r); }},
    {"lower_prio_no_advert", read_choice_of<&Draft::lower_prio_no_advert, true>},
    {"higher_prio_send_advert", read_choice_of<&Draft::higher_prio_send_advert, true>},
    {"owner_ignore_adverts", read_choice_of<&Draft::owner_ignore_adverts, true>},
    {"down_timer_adverts", into_number<here, D, &VrrpInstance::down_timer_adverts>},
    {"timer_expired_backup", read_timer_priority},
    {"use_vmac", read_vmac},
    {"use_vmac_addr", into_flag<D, vmac, &VmacUse::addresses_only>},
    {"vmac_xmit_base", into_flag<D, vmac, &VmacUse::transmit_on_base>},
    {"use_ipvlan", read_ipvlan},
    {"v3_checksum_as_v2", into_flag<D, &VrrpInstance::checksum_as_v2>},
    {"track_interface", track},
    {"track_script", track},
    {"track_file", track},
    {"track_process", track},
    {"track_bfd", track},
    {"track_service", track},
    {"notify_master", read_notify<&VrrpNotify::master>},
    {"notify_backup", read_notify<&VrrpNotify::backup>},
    {"notify_fault", read_notify<&VrrpNotify::fault>},
    {"notify_stop", read_notify<&VrrpNotify::stop>},
    {"notify_deleted", read_notify<&VrrpNotify::deleted>},
    {"notify", read_notify<&VrrpNotify::any>},
    {"notify_master_rx_lower_pri", read_notify<&VrrpNotify::master_rx_lower_priority>},
    {"notify_priority_changes", into_flag<D, &VrrpInstance::notify, &VrrpNotify::priority_changes>},
    {"smtp_alert", into_flag<D, &VrrpInstance::notify, &VrrpNotify::smtp_alert>},
    {"authentication", read_authentication},
    {"auth_hmac", read_hmac},
    {"kernel_rx_buf_size", into_number<here, D, &VrrpInstance::receive_buffer>},
    {"lvs_sync_daemon_interface", read_old_sync},
};

}  // namespace

void read_vrrp_instance(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2 || !first_of_name(statement, reading)) return;
    Draft draft{.instance = reading.vrrp_defaults().instance, .statement = &statement, .said = Said(statement, here)};
    draft.instance.name = statement.words[1].text;
    read_statements<Draft>(statement, here, rows, draft, reading);
    settle_instance(draft, reading);
    if (!draft.left_out) reading.site().vrrp.instances.push_back(std::move(draft.instance));
}

std::vector<std::string_view> instance_keywords(Block block) {
    if (block == here) return keywords_of<Draft>(rows);
    return authentication_keywords(block);
}

}  // namespace lvx::config::keepalived
