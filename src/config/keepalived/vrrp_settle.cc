// What the keywords of a virtual router mean to each other.  The order of the steps matters: family and version decide
// about others.
#include <fmt/format.h>

#include <algorithm>

#include "config/keepalived/vrrp_instance.hh"
#include "config/keepalived/vrrp_tracks.hh"

namespace lvx::config::keepalived {
namespace {

using std::chrono::microseconds;

constexpr std::uint8_t owner = 255;
constexpr microseconds second{1'000'000}, hundredth{10'000};

void warn(const InstanceDraft& draft, std::string_view keyword, std::string message, std::string note, Reading& reading) {
    reading.warn(Code::conflicting_keywords, draft.place(keyword), std::move(message), std::move(note));
}

void settle_role(InstanceDraft& draft, Reading& reading) {
    model::VrrpInstance& it = draft.instance;
    if (!draft.said.has("priority") && draft.master.value_or(false)) {
        it.priority = owner;
        reading.warn(Code::default_used, draft.place("state"), "state MASTER without a priority",
                     "as with keepalived the priority is 255 then, that of the owner of the addresses");
    }
    it.wants_master = draft.master.value_or(it.priority == owner);
}

void need(InstanceDraft& draft, std::string_view keyword, std::string help, Reading& reading) {
    draft.left_out = true;
    reading.report({.code = Code::missing_keyword, .place = draft.statement->place(),
                    .message = fmt::format("virtual router {} has no {}", draft.instance.name, keyword),
                    .note = "keepalived would leave out this virtual router", .help = std::move(help)});
}

bool link_local(const Address& address) {
    return !address.is_v4() && address.mapped()[0] == 0xfe && (address.mapped()[1] & 0xc0) == 0x80;
}

// Missing, or wrong, which has been reported.
void without_number(InstanceDraft& draft, Reading& reading) {
    draft.left_out = true;
    const Statement* id = draft.said.find("virtual_router_id");
    if (id == nullptr || id->words.size() < 2 || !unfilled_template(id->words[1].text)) return;
    reading.warn(Code::missing_keyword, draft.statement->place(),
                 fmt::format("virtual router {} is left out, since it has no number", draft.instance.name), "keepalived leaves it out as well");
}

void settle_interface(InstanceDraft& draft, Reading& reading) {
    const model::VrrpInstance& it = draft.instance;
    if (it.vrid == 0) without_number(draft, reading);
    if (!draft.said.has("virtual_router_id")) need(draft, "virtual_router_id", "a number from 1 to 255, the same on all directors", reading);
    if (it.interface == "lo") {
        draft.left_out = true;
        return reading.report({.code = Code::bad_name, .place = draft.place("interface"),
                               .message = "lo cannot carry advertisements", .note = "keepalived would refuse it"});
    }
    if (draft.said.has("interface")) return;
    if (!it.unicast) return need(draft, "interface", "only unicast needs none", reading);
    if (!it.source) return need(draft, "interface and no unicast_src_ip", "one of both is needed", reading);
    if (link_local(*it.source)) need(draft, "interface, which a link-local address needs", {}, reading);
}

// Seconds with two digits, as the RFC counts them.
std::string seconds_text(microseconds time) {
    return fmt::format("{}.{:02}", time.count() / 1'000'000, time.count() % 1'000'000 / 10'000);
}

void settle_interval(InstanceDraft& draft, Reading& reading) {
    model::VrrpInstance& it = draft.instance;
    const bool two = it.version == 2;
    const microseconds step = two ? second : hundredth, most = two ? 255 * second : 4095 * hundredth;
    if (it.advert_interval > most) {
        it.advert_interval = most;
        return reading.report({.code = Code::out_of_range, .place = draft.place("advert_int"),
                               .message = "this advert_int does not fit into an advertisement of version 3",
                               .caret = "0.01 to 40.95", .note = "keepalived would use 40.95"});
    }
    if (it.advert_interval % step == microseconds{0}) return;
    it.advert_interval = std::max(step, (it.advert_interval + step / 2) / step * step);
    reading.warn(Code::adjusted_value, draft.place("advert_int"),
                 two ? "version 2 of VRRP counts whole seconds" : "version 3 of VRRP counts hundredths of a second",
                 fmt::format("as with keepalived it becomes {}", two ? std::to_string(it.advert_interval / second)
                                                                     : seconds_text(it.advert_interval)));
}

void settle_preemption(InstanceDraft& draft, Reading& reading) {
    model::VrrpInstance& it = draft.instance;
    it.preempt = draft.preempt.value_or(true);
    constexpr std::string_view ignored = "keepalived ignores the line as well";
    const bool first = it.wants_master || it.priority == owner;
    if (!it.preempt && first) {
        const char* why = it.wants_master ? "nopreempt does not go with state MASTER" : "nopreempt does not go with priority 255";
        warn(draft, "nopreempt", why, std::string(ignored) + "; state BACKUP everywhere is what it needs", reading);
        it.preempt = true;
    }
    if (it.preempt_delay != microseconds{0} && (it.wants_master || !it.preempt)) {
        warn(draft, "preempt_delay", fmt::format("preempt_delay does not go with {}", it.preempt ? "state MASTER" : "nopreempt"),
             std::string(ignored), reading);
        it.preempt_delay = {};
    }
    if (it.timer_expired_backup && it.preempt) {
        warn(draft, "timer_expired_backup", "timer_expired_backup needs nopreempt", std::string(ignored), reading);
        it.timer_expired_backup.reset();
    }
}

void settle_announcements(InstanceDraft& draft, Reading& reading) {
    const auto& defaults = reading.vrrp_defaults();
    model::GarpTimes& garp = draft.instance.garp;
    if (!draft.said.has("garp_lower_prio_delay") && !defaults.garp_lower_delay) garp.lower_priority_delay = garp.delay;
    if (!draft.said.has("garp_lower_prio_repeat") && !defaults.garp_lower_repeat) garp.lower_priority_repeat = garp.repeat;
}

void settle_choices(InstanceDraft& draft) {
    model::VrrpInstance& it = draft.instance;
    it.accept = draft.accept.value_or(it.priority == owner || !it.strict);
    if (draft.lower_prio_no_advert) it.lower_prio_no_advert = *draft.lower_prio_no_advert;
    if (draft.higher_prio_send_advert) it.higher_prio_send_advert = *draft.higher_prio_send_advert;
    if (draft.owner_ignore_adverts) it.owner_ignore_adverts = *draft.owner_ignore_adverts;
}

void settle_owner(InstanceDraft& draft, Reading& reading) {
    model::VrrpInstance& it = draft.instance;
    if (it.priority != owner && draft.owner_ignore_adverts.value_or(false)) {
        warn(draft, "owner_ignore_adverts", "owner_ignore_adverts is for priority 255 only", "keepalived ignores the line as well", reading);
    }
    if (it.priority != owner) it.owner_ignore_adverts = false;
    if (it.priority == owner) drop_weights(it.tracks, NoWeights::owner, it.name, draft.place("priority"), reading);
}

void settle_vmac(InstanceDraft& draft, Reading& reading) {
    model::VrrpInstance& it = draft.instance;
    using Kind = model::VmacUse::Kind;
    if (it.vmac.transmit_on_base && it.vmac.kind != Kind::vmac) {
        warn(draft, "vmac_xmit_base", "vmac_xmit_base needs use_vmac", "keepalived ignores the line as well", reading);
        it.vmac.transmit_on_base = false;
    }
    if (it.vmac.kind == Kind::vmac && it.unicast && !it.vmac.transmit_on_base) {
        warn(draft, "use_vmac", "unicast over a VMAC interface needs vmac_xmit_base", "as with keepalived it is set", reading);
        it.vmac.transmit_on_base = true;
    }
    if (it.vmac.kind == Kind::none) return;
    if (it.promote_secondaries) {
        warn(draft, "promote_secondaries", "promote_secondaries is always on for VMAC interfaces", "the line is left out", reading);
        it.promote_secondaries = false;
    }
    if (it.vmac.kind != Kind::ipvlan) return;
    const Place place = draft.place("use_ipvlan");
    if (it.vmac.address && it.vmac.address->family() != it.family) {
        draft.left_out = true;
        reading.report({.code = Code::mixed_families, .place = place, .message = "the address of use_ipvlan is of another family",
                        .note = "keepalived would stay in fault"});
    }
    if (!it.vmac.address && it.family == Family::v4) {
        draft.left_out = true;
        reading.report({.code = Code::missing_argument, .place = place, .message = "use_ipvlan needs an address with IPv4",
                        .note = "keepalived would stay in fault"});
    }
}

void settle_own_interface(InstanceDraft& draft, Reading& reading) {
    auto& interfaces = draft.instance.tracks.interfaces;
    const auto own = std::ranges::find(interfaces, draft.instance.interface, &model::Track::name);
    if (own == interfaces.end()) return;
    warn(draft, "track_interface", fmt::format("{} is tracked already, being its own interface", own->name),
         "keepalived leaves this out as well", reading);
    interfaces.erase(own);
}

}  // namespace

void settle_instance(InstanceDraft& draft, Reading& reading) {
    settle_role(draft, reading);
    settle_addresses(draft, reading);
    settle_unicast(draft, reading);
    settle_interface(draft, reading);
    settle_choices(draft);
    settle_announcements(draft, reading);
    if (draft.instance.strict) apply_strict(draft, reading);
    settle_authentication(draft, reading);
    settle_interval(draft, reading);
    settle_preemption(draft, reading);
    settle_owner(draft, reading);
    settle_vmac(draft, reading);
    settle_own_interface(draft, reading);
}

}  // namespace lvx::config::keepalived
