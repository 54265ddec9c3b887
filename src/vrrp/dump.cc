#include "vrrp/dump.hh"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace lvx::vrrp {

namespace {

struct Pair {
    const model::VrrpInstance* configuration = nullptr;
    const InstanceStatus* status = nullptr;
};

std::vector<Pair> pairs_of(const model::Vrrp& configuration, const Status& status) {
    std::vector<Pair> pairs;
    for (const model::VrrpInstance& instance : configuration.instances) {
        const auto found = std::ranges::find(status.instances, instance.name, &InstanceStatus::name);
        if (found != status.instances.end()) pairs.push_back({&instance, &*found});
    }
    return pairs;
}

double seconds(Microseconds time) { return std::chrono::duration<double>(time).count(); }

double wall_of(Instant when, const Moment& now) {
    return std::chrono::duration<double>(now.wall.time_since_epoch() - (now.steady - when)).count();
}

std::uint64_t refused(const RouterCounters& counters, std::string_view keepalived_name) {
    std::uint64_t sum = 0;
    std::size_t at = 0;
#define X(name, counter, sentence) \
    if (keepalived_name == #counter) sum += counters.refused[at]; \
    ++at;
#include "vrrp/refusals.def"
#undef X
    return sum;
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char character : text) {
        if (character == '"' || character == '\\') result += '\\';
        if (static_cast<unsigned char>(character) < 0x20) result += fmt::format("\\u{:04x}", character);
        else result += character;
    }
    return result + "\"";
}

std::string address_text(const model::InterfaceAddress& address, const model::VrrpInstance& instance) {
    return fmt::format("{}/{} dev {} scope {}", address.address.text(), address.prefix_length, address.interface.empty() ? instance.interface : address.interface,
                       address.scope == 0 ? "global" : std::to_string(address.scope));
}

template <class List, class Text>
std::string json_list(const List& list, Text text) {
    std::string result;
    for (const auto& one : list) result += (result.empty() ? "" : ",") + quoted(text(one));
    return "[" + result + "]";
}

std::string words_text(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string command_text(const std::optional<model::Command>& command) { return command ? words_text(command->words) : ""; }

// One object, written field by field.
class Object {
 public:
    Object& text(std::string_view key, std::string_view value) { return raw(key, quoted(value)); }
    Object& number(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
    Object& real(std::string_view key, double value) { return raw(key, fmt::format("{:.6f}", value)); }
    Object& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
    Object& raw(std::string_view key, std::string_view value) {
        fmt::format_to(std::back_inserter(text_), "{}{}:{}", text_.empty() ? "" : ",", quoted(key), value);
        return *this;
    }
    [[nodiscard]] std::string take() const { return "{" + text_ + "}"; }

 private:
    std::string text_;
};

void write_commands(Object& object, const model::VrrpNotify& notify) {
    for (const auto& [key, command] : {std::pair{"script_master", &notify.master}, {"script_backup", &notify.backup}, {"script_fault", &notify.fault},
                                       {"script_stop", &notify.stop}, {"script_deleted", &notify.deleted}, {"script", &notify.any}})
        if (*command) object.text(key, command_text(*command));
}

std::string data_object(const Pair& pair, const Moment& now) {
    const model::VrrpInstance& instance = *pair.configuration;
    const InstanceStatus& status = *pair.status;
    const auto address = [&](const model::InterfaceAddress& one) { return address_text(one, instance); };
    const auto track = [](const model::Track& one) { return fmt::format("{} weight {}{}", one.name, one.weight, one.reverse ? " reverse" : ""); };
    const auto line = [](const auto& one) { return words_text(one.words); };
    Object object;
    object.text("iname", instance.name).flag("dont_track_primary", instance.dont_track_primary).flag("skip_check_adv_addr", instance.skip_check_adv_addr);
    object.number("strict_mode", instance.strict ? 1 : 0).text("vmac_ifname", instance.vmac.name).text("ifp_ifname", instance.interface);
    object.number("master_priority", status.master_priority).real("last_transition", wall_of(status.since, now));
    object.real("garp_delay", seconds(instance.garp.delay)).real("garp_refresh", seconds(instance.garp.refresh)).number("garp_rep", instance.garp.repeat);
    object.number("garp_refresh_rep", instance.garp.refresh_repeat).real("garp_lower_prio_delay", seconds(instance.garp.lower_priority_delay));
    object.number("garp_lower_prio_rep", instance.garp.lower_priority_repeat).flag("lower_prio_no_advert", instance.lower_prio_no_advert);
    object.flag("higher_prio_send_advert", instance.higher_prio_send_advert).number("vrid", instance.vrid).number("base_priority", instance.priority);
    object.number("effective_priority", status.priority).flag("vipset", status.addresses_held != 0).flag("promote_secondaries", instance.promote_secondaries);
    object.real("adver_int", seconds(instance.advert_interval)).real("master_adver_int", seconds(status.master_interval)).number("accept", instance.accept ? 1 : 0);
    object.flag("nopreempt", !instance.preempt).real("preempt_delay", seconds(instance.preempt_delay)).number("state", static_cast<std::uint64_t>(status.state));
    object.number("wantstate", static_cast<std::uint64_t>(instance.wants_master ? State::master : State::backup)).number("version", instance.version);
    object.flag("smtp_alert", instance.notify.smtp_alert).flag("notify_deleted", instance.notify.deleted.has_value());
    write_commands(object, instance.notify);
    object.raw("vips", json_list(instance.addresses, address)).raw("evips", json_list(instance.excluded, address));
    object.raw("vroutes", json_list(instance.routes, line)).raw("vrules", json_list(instance.rules, line));
    object.raw("track_ifp", json_list(instance.tracks.interfaces, track)).raw("track_script", json_list(instance.tracks.scripts, track));
    object.raw("track_process", json_list(instance.tracks.processes, track));
    object.number("auth_type", static_cast<std::uint64_t>(instance.auth));
    return object.take();
}

constexpr std::string_view refused_keys[] = {"packet_len_err", "advert_interval_err", "ip_ttl_err",        "invalid_type_rcvd", "addr_list_err",
                                             "invalid_authtype", "authtype_mismatch",  "auth_failure"};

std::string stats_object(const RouterCounters& counters) {
    Object object;
    object.number("advert_rcvd", counters.adverts_received).number("advert_sent", counters.adverts_sent);
    object.number("become_master", counters.became_master).number("release_master", counters.released_master);
    for (const std::string_view key : refused_keys) object.number(key, refused(counters, key));
    object.number("pri_zero_rcvd", counters.zero_received).number("pri_zero_sent", counters.zero_sent);
    return object.take();
}

}  // namespace

std::string json_dump(const model::Vrrp& configuration, const Status& status, const Moment& now, std::uint8_t version) {
    std::string instances;
    for (const Pair& pair : pairs_of(configuration, status))
        instances += fmt::format("{}{{\"data\":{},\"stats\":{}}}", instances.empty() ? "" : ",", data_object(pair, now), stats_object(pair.status->counters));
    if (version != 2) return "[" + instances + "]\n";
    std::string processes;
    for (const model::TrackProcess& process : configuration.processes)
        processes += (processes.empty() ? "" : ",") + Object().text("name", process.name).text("process", words_text(process.words)).number("quorum", process.quorum).take();
    return "{\"vrrp\":[" + instances + "],\"track_process\":[" + processes + "]}\n";
}

std::string stats_dump(const Status& status) {
    std::string text;
    const auto out = std::back_inserter(text);
    for (const InstanceStatus& instance : status.instances) {
        const RouterCounters& counters = instance.counters;
        fmt::format_to(out, "VRRP Instance: {}\n  Advertisements:\n    Received: {}\n    Sent: {}\n", instance.name, counters.adverts_received, counters.adverts_sent);
        fmt::format_to(out, "  Became master: {}\n  Released master: {}\n", counters.became_master, counters.released_master);
        fmt::format_to(out, "  Packet Errors:\n    Length: {}\n    TTL: {}\n    Invalid Type: {}\n    Advertisement Interval: {}\n    Address List: {}\n",
                       refused(counters, "packet_len_err"), refused(counters, "ip_ttl_err"), refused(counters, "invalid_type_rcvd"),
                       refused(counters, "advert_interval_err"), refused(counters, "addr_list_err"));
        fmt::format_to(out, "  Authentication Errors:\n    Invalid Type: {}\n    Type Mismatch: {}\n    Failure: {}\n", refused(counters, "invalid_authtype"),
                       refused(counters, "authtype_mismatch"), refused(counters, "auth_failure"));
        fmt::format_to(out, "  Priority Zero:\n    Received: {}\n    Sent: {}\n", counters.zero_received, counters.zero_sent);
    }
    return text;
}

std::string data_dump(const model::Vrrp& configuration, const Status& status, const Moment& now) {
    std::string text = "------< VRRP Topology >------\n";
    const auto out = std::back_inserter(text);
    for (const Pair& pair : pairs_of(configuration, status)) {
        const model::VrrpInstance& instance = *pair.configuration;
        fmt::format_to(out, " VRRP Instance = {}\n   VRRP Version = {}\n   State = {}\n", instance.name, instance.version, name_of(pair.status->state));
        fmt::format_to(out, "   Last transition = {:.6f}\n   Interface = {}\n   Virtual Router ID = {}\n", wall_of(pair.status->since, now), instance.interface, instance.vrid);
        fmt::format_to(out, "   Priority = {}\n   Effective priority = {}\n   Advert interval = {:.6f} sec\n", instance.priority, pair.status->priority, seconds(instance.advert_interval));
        fmt::format_to(out, "   Preempt = {}\n   Virtual IP ({}):\n", instance.preempt ? "enabled" : "disabled", instance.addresses.size());
        for (const model::InterfaceAddress& address : instance.addresses) fmt::format_to(out, "     {}\n", address_text(address, instance));
    }
    return text;
}

}  // namespace lvx::vrrp
