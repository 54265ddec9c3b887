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

// "set": it stands there now.
std::string address_text(const model::InterfaceAddress& address, const Pair& pair) {
    const std::string& interface = address.interface.empty() ? pair.configuration->interface : address.interface;
    return fmt::format("{}/{} dev {} scope {}{}{}", address.address.text(), address.prefix_length, interface,
                       address.scope == 0 ? "global" : std::to_string(address.scope), address.label.empty() ? "" : " label " + address.label,
                       pair.status->addresses_held != 0 ? " set" : "");
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

// Each word in quotes, as keepalived writes commands.
std::string command_text(const model::Command& command) {
    std::string text;
    for (const std::string& word : command.words) text += (text.empty() ? "'" : " '") + word + "'";
    return text;
}

// One object, written field by field.
class Object {
 public:
    Object& text(std::string_view key, std::string_view value) { return raw(key, quoted(value)); }
    Object& number(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
    // Whole numbers without a point: readers expect integers there.
    Object& real(std::string_view key, double value) { return raw(key, fmt::format("{}", value)); }
    Object& moment(std::string_view key, double value) { return raw(key, fmt::format("{:.6f}", value)); }
    Object& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
    Object& bit(std::string_view key, bool value) { return raw(key, value ? "1" : "0"); }
    Object& raw(std::string_view key, std::string_view value) {
        fmt::format_to(std::back_inserter(text_), "{}{}:{}", text_.empty() ? "" : ",", quoted(key), value);
        return *this;
    }
    [[nodiscard]] std::string take() const { return "{" + text_ + "}"; }

 private:
    std::string text_;
};

// What it is once nothing is in the way.
State wanted_state(const InstanceStatus& status) { return status.state == State::master ? State::master : State::backup; }

void write_commands(Object& object, const model::VrrpNotify& notify) {
    for (const auto& [key, command] : {std::pair{"script_master", &notify.master}, {"script_backup", &notify.backup}, {"script_fault", &notify.fault},
                                       {"script_stop", &notify.stop}, {"script_deleted", &notify.deleted}, {"script", &notify.any}})
        if (*command) object.text(key, command_text(**command));
}

std::string data_object(const model::Vrrp& configuration, const Pair& pair, const Moment& now) {
    const model::VrrpInstance& instance = *pair.configuration;
    const InstanceStatus& status = *pair.status;
    const auto address = [&](const model::InterfaceAddress& one) { return address_text(one, pair); };
    const auto track = [](const model::Track& one) { return one.name; };
    const auto script = [&](const model::Track& one) {
        const auto found = std::ranges::find(configuration.scripts, one.name, &model::VrrpScript::name);
        return found == configuration.scripts.end() ? one.name : command_text(found->command);
    };
    const auto line = [](const auto& one) { return words_text(one.words); };
    Object object;
    object.text("iname", instance.name).bit("dont_track_primary", instance.dont_track_primary).bit("skip_check_adv_addr", instance.skip_check_adv_addr);
    object.bit("strict_mode", instance.strict).text("vmac_ifname", instance.vmac.name).text("ifp_ifname", instance.interface);
    object.number("master_priority", status.master_priority).moment("last_transition", wall_of(status.since, now));
    object.real("garp_delay", seconds(instance.garp.delay)).real("garp_refresh", seconds(instance.garp.refresh)).number("garp_rep", instance.garp.repeat);
    object.number("garp_refresh_rep", instance.garp.refresh_repeat).real("garp_lower_prio_delay", seconds(instance.garp.lower_priority_delay));
    object.number("garp_lower_prio_rep", instance.garp.lower_priority_repeat).bit("lower_prio_no_advert", instance.lower_prio_no_advert);
    object.bit("higher_prio_send_advert", instance.higher_prio_send_advert).number("vrid", instance.vrid).number("base_priority", instance.priority);
    object.number("effective_priority", status.priority).flag("vipset", status.addresses_held != 0).flag("promote_secondaries", instance.promote_secondaries);
    object.real("adver_int", seconds(instance.advert_interval)).real("master_adver_int", seconds(status.master_interval)).bit("accept", instance.accept);
    object.flag("nopreempt", !instance.preempt).real("preempt_delay", seconds(instance.preempt_delay)).number("state", static_cast<std::uint64_t>(status.state));
    object.number("wantstate", static_cast<std::uint64_t>(wanted_state(status))).number("version", instance.version);
    object.flag("smtp_alert", instance.notify.smtp_alert).flag("notify_deleted", instance.notify.deleted.has_value());
    write_commands(object, instance.notify);
    object.raw("vips", json_list(instance.addresses, address)).raw("evips", json_list(instance.excluded, address));
    object.raw("vroutes", json_list(instance.routes, line)).raw("vrules", json_list(instance.rules, line));
    object.raw("track_ifp", json_list(instance.tracks.interfaces, track)).raw("track_script", json_list(instance.tracks.scripts, script));
    object.raw("track_process", json_list(instance.tracks.processes, track));
    // The key is there; the secret stays here.
    object.number("auth_type", static_cast<std::uint64_t>(instance.auth)).text("auth_data", "");
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
        instances += fmt::format("{}{{\"data\":{},\"stats\":{}}}", instances.empty() ? "" : ",", data_object(configuration, pair, now), stats_object(pair.status->counters));
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

namespace {

using Text = std::back_insert_iterator<std::string>;

void write_times(Text out, const Pair& pair) {
    const model::VrrpInstance& instance = *pair.configuration;
    const model::GarpTimes& garp = instance.garp;
    fmt::format_to(out, "   Gratuitous ARP delay = {}\n   Gratuitous ARP repeat = {}\n", seconds(garp.delay), garp.repeat);
    fmt::format_to(out, "   Gratuitous ARP refresh = {}\n   Gratuitous ARP refresh repeat = {}\n", seconds(garp.refresh), garp.refresh_repeat);
    fmt::format_to(out, "   Gratuitous ARP lower priority delay = {}\n   Gratuitous ARP lower priority repeat = {}\n", seconds(garp.lower_priority_delay), garp.lower_priority_repeat);
    fmt::format_to(out, "   Down timer adverts = {}\n   Send advert after receive lower priority advert = {}\n", instance.down_timer_adverts, !instance.lower_prio_no_advert);
    fmt::format_to(out, "   Send advert after receive higher priority advert = {}\n", instance.higher_prio_send_advert);
}

void write_goods(Text out, const Pair& pair) {
    const model::VrrpInstance& instance = *pair.configuration;
    fmt::format_to(out, "   Virtual IP ({}):\n", instance.addresses.size());
    for (const model::InterfaceAddress& address : instance.addresses) fmt::format_to(out, "     {}\n", address_text(address, pair));
    if (!instance.excluded.empty()) fmt::format_to(out, "   Virtual IP Excluded :\n");
    for (const model::InterfaceAddress& address : instance.excluded) fmt::format_to(out, "     {}\n", address_text(address, pair));
    if (!instance.routes.empty()) fmt::format_to(out, "   Virtual Routes :\n");
    for (const model::RouteLine& route : instance.routes) fmt::format_to(out, "     {}\n", words_text(route.words));
    if (!instance.rules.empty()) fmt::format_to(out, "   Virtual Rules :\n");
    for (const model::RuleLine& rule : instance.rules) fmt::format_to(out, "     {}\n", words_text(rule.words));
}

void write_tracks(Text out, std::string_view title, const std::vector<model::Track>& tracks) {
    if (!tracks.empty()) fmt::format_to(out, "   {} :\n", title);
    for (const model::Track& one : tracks) fmt::format_to(out, "     {} weight {}{}\n", one.name, one.weight, one.reverse ? " reverse" : "");
}

void write_instance(Text out, const Pair& pair, const Moment& now) {
    const model::VrrpInstance& instance = *pair.configuration;
    const InstanceStatus& status = *pair.status;
    fmt::format_to(out, " VRRP Instance = {}\n   VRRP Version = {}\n   State = {}\n", instance.name, instance.version, name_of(status.state));
    fmt::format_to(out, "   Wantstate = {}\n   Number of config faults = 0\n   Number of interface and track script faults = {}\n",
                   name_of(wanted_state(status)), status.faults.size());
    fmt::format_to(out, "   Last transition = {:.6f}\n   Master down timer = {} usecs\n", wall_of(status.since, now), status.master_down.count());
    fmt::format_to(out, "   Interface = {}\n   Using src_ip = {}\n", instance.interface, status.source.text());
    write_times(out, pair);
    fmt::format_to(out, "   Virtual Router ID = {}\n   Priority = {}\n   Effective priority = {}\n   Total priority = {}\n", instance.vrid, instance.priority,
                   status.priority, status.priority);
    fmt::format_to(out, "   Advert interval = {} sec\n   Accept = {}\n   Preempt = {}\n", seconds(instance.advert_interval), instance.accept ? "enabled" : "disabled",
                   instance.preempt ? "enabled" : "disabled");
    fmt::format_to(out, "   Promote_secondaries = {}\n", instance.promote_secondaries ? "enabled" : "disabled");
    write_goods(out, pair);
    write_tracks(out, "Tracked interfaces", instance.tracks.interfaces);
    write_tracks(out, "Tracked scripts", instance.tracks.scripts);
    fmt::format_to(out, "   Using smtp notification = {}\n", instance.notify.smtp_alert ? "yes" : "no");
}

void write_script(Text out, const model::VrrpScript& script, const Status& status) {
    const auto known = status.observed.find({TrackKind::script, script.name});
    fmt::format_to(out, " VRRP Script = {}\n   Command = {}\n   Interval = {} sec\n   Timeout = {} sec\n", script.name, command_text(script.command),
                   seconds(script.interval), seconds(script.timeout));
    fmt::format_to(out, "   Weight = {}\n   Rise = {}\n   Fall = {}\n", script.weight, script.rise, script.fall);
    fmt::format_to(out, "   Status = {}\n   State = idle\n", known == status.observed.end() ? "INIT" : known->second != 0 ? "GOOD" : "BAD");
}

}  // namespace

std::string data_dump(const model::Vrrp& configuration, const Status& status, const Moment& now) {
    std::string text = "------< VRRP Topology >------\n";
    const auto out = std::back_inserter(text);
    for (const Pair& pair : pairs_of(configuration, status)) write_instance(out, pair, now);
    if (!configuration.scripts.empty()) text += "------< VRRP Scripts >------\n";
    for (const model::VrrpScript& script : configuration.scripts) write_script(out, script, status);
    return text;
}

}  // namespace lvx::vrrp
