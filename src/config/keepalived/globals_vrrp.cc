#include <fmt/format.h>

#include "config/keepalived/fields.hh"
#include "config/keepalived/garp_extra.hh"
#include "config/keepalived/globals.hh"

namespace lvx::config::keepalived {
namespace {

using Draft = VrrpDefaults;
using model::GarpTimes;
using model::VrrpInstance;

constexpr Block here = Block::global_defs;

void read_version(Draft& draft, const Statement& statement, Reading&) {
    if (statement.words.size() < 2) return;
    if (statement.words[1].text == "2") draft.version = 2;
    if (statement.words[1].text == "3") draft.version = 3;
}

template <std::optional<Address> Draft::*member, Family family>
void read_group(Draft& draft, const Statement& statement, Reading& reading) {
    const auto address = address_of(statement);
    if (!address) return;
    const bool multicast = family == Family::v4 ? address->v4_value() >> 28 == 0xe : address->mapped()[0] == 0xff;
    if (address->family() == family && multicast) {
        draft.*member = *address;
        return;
    }
    reading.report({.code = Code::bad_address, .place = statement.words[1].place,
                    .message = fmt::format("{} is not a multicast address of {}", address->text(),
                                           family == Family::v4 ? "IPv4" : "IPv6"),
                    .note = "keepalived would ignore this line"});
}

// One announcement, no second round; what is said besides counts more.
void read_min_garp(Draft& draft, const Statement& statement, Reading&) {
    if (!flag_of(statement)) return;
    draft.instance.garp.repeat = 1;
    draft.instance.garp.delay = {};
}

void read_lower_delay(Draft& draft, const Statement& statement, Reading&) {
    const auto time = duration_of(statement, here);
    if (!time) return;
    draft.instance.garp.lower_priority_delay = *time;
    draft.garp_lower_delay = true;
}

void read_lower_repeat(Draft& draft, const Statement& statement, Reading&) {
    const auto number = count_of(statement, here);
    if (!number) return;
    draft.instance.garp.lower_priority_repeat = *number;
    draft.garp_lower_repeat = true;
}

// vrrp_min_garp comes before the others, wherever it stands.
constexpr Row<Draft> first_rows[] = {{"vrrp_min_garp", read_min_garp}};

constexpr Row<Draft> rows[] = {
    {"vrrp_version", read_version},
    {"vrrp_mcast_group4", read_group<&Draft::group4, Family::v4>},
    {"vrrp_mcast_group6", read_group<&Draft::group6, Family::v6>},
    {"vrrp_garp_master_delay", into_time<here, &Draft::instance, &VrrpInstance::garp, &GarpTimes::delay>},
    {"vrrp_garp_master_repeat", into_number<here, &Draft::instance, &VrrpInstance::garp, &GarpTimes::repeat>},
    {"vrrp_garp_master_refresh", into_time<here, &Draft::instance, &VrrpInstance::garp, &GarpTimes::refresh>},
    {"vrrp_garp_master_refresh_repeat", into_number<here, &Draft::instance, &VrrpInstance::garp, &GarpTimes::refresh_repeat>},
    {"vrrp_garp_lower_prio_delay", read_lower_delay},
    {"vrrp_garp_lower_prio_repeat", read_lower_repeat},
    {"vrrp_garp_extra_if", [](Draft& d, const Statement& s, Reading& r) { read_garp_extra(d.instance.garp, s, r); }},
    {"vrrp_down_timer_adverts", into_number<here, &Draft::instance, &VrrpInstance::down_timer_adverts>},
    {"vrrp_lower_prio_no_advert", into_flag<&Draft::instance, &VrrpInstance::lower_prio_no_advert>},
    {"vrrp_higher_prio_send_advert", into_flag<&Draft::instance, &VrrpInstance::higher_prio_send_advert>},
    {"vrrp_owner_ignore_adverts", into_flag<&Draft::instance, &VrrpInstance::owner_ignore_adverts>},
    {"v3_checksum_as_v2", into_flag<&Draft::instance, &VrrpInstance::checksum_as_v2>},
    {"vrrp_check_unicast_src", into_flag<&Draft::instance, &VrrpInstance::check_unicast_source>},
    {"vrrp_skip_check_adv_addr", into_flag<&Draft::instance, &VrrpInstance::skip_check_adv_addr>},
    {"vrrp_strict", into_flag<&Draft::instance, &VrrpInstance::strict>},
    {"vrrp_notify_priority_changes", into_flag<&Draft::instance, &VrrpInstance::notify, &model::VrrpNotify::priority_changes>},
};

}  // namespace

void read_vrrp_globals(const Statement& statement, Reading& reading) {
    Draft& draft = reading.vrrp_defaults();
    read_statements<Draft>(statement, here, first_rows, draft, reading);
    read_statements<Draft>(statement, here, rows, draft, reading);
    const model::Globals& globals = reading.site().globals;
    draft.instance.notify.smtp_alert = globals.smtp_alert_vrrp.value_or(globals.smtp_alert.value_or(false));
}

std::vector<std::string_view> vrrp_globals_keywords(Block block) {
    if (block != here) return {};
    auto names = keywords_of<Draft>(rows);
    names.push_back(first_rows[0].keyword);
    return names;
}

}  // namespace lvx::config::keepalived
