// strict_mode and vrrp_strict: nothing but what RFC 3768 and RFC 9568 allow.  Where keepalived goes on with something
// else, so does this, with a warning; where it leaves out the virtual router, there is an error.
#include <fmt/format.h>

#include "config/keepalived/vrrp_instance.hh"

namespace lvx::config::keepalived {
namespace {

constexpr std::uint8_t owner = 255, usual_down_timer = 3;

class Strict {
 public:
    Strict(InstanceDraft& draft, Reading& reading) : draft_(draft), it_(draft.instance), reading_(reading) {}

    void run() {
        version();
        role();
        secrets();
        unicast();
        timers();
        announcements();
        adverts();
        if (it_.vmac.mac) reset("use_vmac", "its MAC address is that of its number", [&] { it_.vmac.mac.reset(); });
        if (it_.vmac.transmit_on_base) reset("vmac_xmit_base", "it sends from its own MAC address", [&] { it_.vmac.transmit_on_base = false; });
    }

 private:
    void reset(std::string_view keyword, std::string_view why, auto change) {
        change();
        reading_.warn(Code::strict_rule, draft_.place(keyword), fmt::format("strict mode: {}", why),
                      fmt::format("as with keepalived, {} has no effect", keyword));
    }

    void refuse(const Place& place, std::string_view message) {
        reading_.report({.code = Code::strict_rule, .place = place, .message = fmt::format("strict mode: {}", message),
                         .help = "most sites are better off without vrrp_strict"});
    }

    void version() {
        if (it_.family == Family::v6 && it_.version == 2) {
            reset("version", "IPv6 is for version 3 only", [&] { it_.version = 3; });
        }
        if (it_.family != Family::v6 || it_.unicast || it_.addresses.empty()) return;
        const auto& bytes = it_.addresses.front().address.mapped();
        if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return;
        refuse(draft_.place("virtual_ipaddress"), "the first IPv6 address must be a link-local one");
    }

    void role() {
        const bool is_owner = it_.priority == owner;
        if (it_.wants_master == is_owner) return;
        reset("state", "state MASTER is for priority 255, and only for it", [&] { it_.wants_master = is_owner; });
    }

    void secrets() {
        if (it_.auth != model::VrrpAuth::none) {
            reset("authentication", "there is no authentication", [&] { it_.auth = model::VrrpAuth::none; });
            it_.auth_data = {};
        }
        using Mode = model::Hmac::Mode;
        if (it_.hmac.keys.empty() || it_.hmac.mode == Mode::enforce) return;
        reset("auth_hmac", "mode is enforce", [&] { it_.hmac.mode = Mode::enforce; });
    }

    void unicast() {
        if (!it_.unicast) return;
        draft_.left_out = true;
        refuse(draft_.place("unicast_peer"), "advertisements are multicast");
    }

    void timers() {
        if (it_.preempt_delay != std::chrono::microseconds{0}) {
            reset("preempt_delay", "a better router takes over at once", [&] { it_.preempt_delay = {}; });
        }
        if (it_.down_timer_adverts == usual_down_timer) return;
        reset("down_timer_adverts", "a master is dead after three missed advertisements",
              [&] { it_.down_timer_adverts = usual_down_timer; });
    }

    void announcements() {
        model::GarpTimes& garp = it_.garp;
        if (draft_.said.has("garp_lower_prio_repeat") && garp.lower_priority_repeat != 0) {
            reset("garp_lower_prio_repeat", "announcements are not repeated", [] {});
        }
        if (draft_.said.has("garp_lower_prio_delay") && garp.lower_priority_delay != std::chrono::microseconds{0}) {
            reset("garp_lower_prio_delay", "announcements are not repeated", [] {});
        }
        garp.lower_priority_repeat = 0;
        garp.lower_priority_delay = {};
    }

    void adverts() {
        if (!draft_.lower_prio_no_advert.value_or(true)) reset("lower_prio_no_advert", "lower priorities are not answered", [] {});
        if (draft_.higher_prio_send_advert.value_or(false)) reset("higher_prio_send_advert", "higher priorities are not answered", [] {});
        it_.lower_prio_no_advert = true;
        it_.higher_prio_send_advert = false;
        if (it_.priority == owner) it_.owner_ignore_adverts = true;
        if (it_.accept && it_.priority != owner && it_.version == 2) {
            if (draft_.accept.value_or(false)) reset("accept", "only the owner takes packets to its addresses", [] {});
            it_.accept = false;
        }
    }

    InstanceDraft& draft_;
    model::VrrpInstance& it_;
    Reading& reading_;
};

}  // namespace

void apply_strict(InstanceDraft& draft, Reading& reading) { Strict(draft, reading).run(); }

}  // namespace lvx::config::keepalived
