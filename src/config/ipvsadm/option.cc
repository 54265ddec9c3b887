#include "config/ipvsadm/option.hh"

#include <algorithm>
#include <array>

#include "base/ensure.hh"

namespace lvx::config::ipvsadm {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Option::count)> option_names = {
    "numeric", "connection", "service-address", "scheduler", "persistent", "netmask", "real-server",
    "forwarding-method", "weight", "u-threshold", "l-threshold", "mcast-interface", "timeout", "daemon", "stats",
    "rate", "thresholds", "persistent-conn", "nosort", "syncid", "exact", "ops", "pe", "sched-flags", "mcast-group",
    "mcast-port", "mcast-ttl", "sync-maxlen", "tun-info", "tun-type", "tun-port", "tun-nocsum", "tun-csum",
    "tun-remcsum",
};

using enum Option;

constexpr Options of_service = {Option::scheduler, persistent, netmask, ops, pe, sched_flags};
constexpr Options of_server = {forwarding_method, weight, u_threshold, l_threshold, tun_type, tun_port, tun_nocsum,
                               tun_csum, tun_remcsum};
constexpr Options of_columns = {numeric, stats, rate, thresholds, persistent_conn, nosort, exact, tun_info};
constexpr Options of_daemon = {syncid, mcast_interface, mcast_group, mcast_port, mcast_ttl, sync_maxlen};

constexpr std::array rules = {
    Rule{Verb::add_service, "add-service", {service_address}, of_service, {}},
    Rule{Verb::edit_service, "edit-service", {service_address}, of_service, {}},
    Rule{Verb::delete_service, "delete-service", {service_address}, {}, {}},
    Rule{Verb::flush, "flush", {}, {}, {}},
    Rule{Verb::list, "list", {}, of_columns, {connection, service_address, timeout, Option::daemon}},
    Rule{Verb::add_server, "add-server", {service_address, real_server}, of_server, {}},
    Rule{Verb::delete_server, "delete-server", {service_address, real_server}, {}, {}},
    Rule{Verb::edit_server, "edit-server", {service_address, real_server}, of_server, {}},
    Rule{Verb::set, "set", {}, {}, {}},
    Rule{Verb::start_daemon, "start-daemon", {}, of_daemon, {}},
    Rule{Verb::stop_daemon, "stop-daemon", {}, {syncid}, {}},
    Rule{Verb::restore, "restore", {}, {}, {}},
    Rule{Verb::save, "save", {}, {numeric}, {}},
    Rule{Verb::zero, "zero", {}, {service_address}, {}},
};

constexpr std::array all_spellings = {
    Spelling{'A', "add-service", Value::none, Letter::add_service},
    Spelling{'E', "edit-service", Value::none, Letter::edit_service},
    Spelling{'D', "delete-service", Value::none, Letter::delete_service},
    Spelling{'C', "clear", Value::none, Letter::flush},
    Spelling{'L', "list", Value::none, Letter::list},
    Spelling{'l', "list", Value::none, Letter::list},
    Spelling{'a', "add-server", Value::none, Letter::add_server},
    Spelling{'d', "delete-server", Value::none, Letter::delete_server},
    Spelling{'e', "edit-server", Value::none, Letter::edit_server},
    Spelling{'\0', "set", Value::none, Letter::set},
    Spelling{'\0', "start-daemon", Value::required, Letter::start_daemon},
    Spelling{'\0', "stop-daemon", Value::required, Letter::stop_daemon},
    Spelling{'R', "restore", Value::none, Letter::restore},
    Spelling{'S', "save", Value::none, Letter::save},
    Spelling{'Z', "zero", Value::none, Letter::zero},
    Spelling{'h', "help", Value::none, Letter::help},
    Spelling{'v', "version", Value::none, Letter::version},
    Spelling{'t', "tcp-service", Value::required, Letter::tcp},
    Spelling{'u', "udp-service", Value::required, Letter::udp},
    Spelling{'\0', "sctp-service", Value::required, Letter::sctp},
    Spelling{'f', "fwmark-service", Value::required, Letter::fwmark},
    Spelling{'6', "ipv6", Value::none, Letter::ipv6},
    Spelling{'s', "scheduler", Value::required, Letter::scheduler},
    Spelling{'p', "persistent", Value::optional, Letter::persistent},
    Spelling{'M', "netmask", Value::required, Letter::netmask},
    Spelling{'r', "real-server", Value::required, Letter::real_server},
    Spelling{'g', "gatewaying", Value::none, Letter::gatewaying},
    Spelling{'i', "ipip", Value::none, Letter::ipip},
    Spelling{'m', "masquerading", Value::none, Letter::masquerading},
    Spelling{'w', "weight", Value::required, Letter::weight},
    Spelling{'x', "u-threshold", Value::required, Letter::u_threshold},
    Spelling{'y', "l-threshold", Value::required, Letter::l_threshold},
    Spelling{'c', "connection", Value::none, Letter::connection},
    Spelling{'n', "numeric", Value::none, Letter::numeric},
    Spelling{'\0', "mcast-interface", Value::required, Letter::mcast_interface},
    Spelling{'\0', "timeout", Value::none, Letter::timeout},
    Spelling{'\0', "daemon", Value::none, Letter::daemon},
    Spelling{'\0', "stats", Value::none, Letter::stats},
    Spelling{'\0', "rate", Value::none, Letter::rate},
    Spelling{'\0', "thresholds", Value::none, Letter::thresholds},
    Spelling{'\0', "persistent-conn", Value::none, Letter::persistent_conn},
    Spelling{'\0', "nosort", Value::none, Letter::nosort},
    Spelling{'\0', "sort", Value::none, Letter::sort},
    Spelling{'\0', "syncid", Value::required, Letter::syncid},
    Spelling{'X', "exact", Value::none, Letter::exact},
    Spelling{'o', "ops", Value::none, Letter::ops},
    Spelling{'\0', "pe", Value::required, Letter::pe},
    Spelling{'b', "sched-flags", Value::required, Letter::sched_flags},
    Spelling{'\0', "mcast-group", Value::required, Letter::mcast_group},
    Spelling{'\0', "mcast-port", Value::required, Letter::mcast_port},
    Spelling{'\0', "mcast-ttl", Value::required, Letter::mcast_ttl},
    Spelling{'\0', "sync-maxlen", Value::required, Letter::sync_maxlen},
    Spelling{'\0', "tun-info", Value::none, Letter::tun_info},
    Spelling{'\0', "tun-type", Value::required, Letter::tun_type},
    Spelling{'\0', "tun-port", Value::required, Letter::tun_port},
    Spelling{'\0', "tun-nocsum", Value::none, Letter::tun_nocsum},
    Spelling{'\0', "tun-csum", Value::none, Letter::tun_csum},
    Spelling{'\0', "tun-remcsum", Value::none, Letter::tun_remcsum},
};

}  // namespace

std::string_view option_name(Option option) { return option_names[static_cast<std::size_t>(option)]; }

const Rule& rule_of(Verb verb) {
    const auto found = std::ranges::find(rules, verb, &Rule::verb);
    ensure(found != rules.end());
    return *found;
}

std::span<const Spelling> spellings() { return all_spellings; }

}  // namespace lvx::config::ipvsadm
