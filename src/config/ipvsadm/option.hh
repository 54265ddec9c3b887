// The words of ipvsadm 1.31 and the rules which option goes with which command: tables only.  A row more is all that
// a new option needs here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace lvx::config::ipvsadm {

// In the order in which the real tool checks them; the first complaint wins.
enum class Option : std::uint8_t {
    numeric, connection, service_address, scheduler, persistent, netmask, real_server, forwarding_method, weight,
    u_threshold, l_threshold, mcast_interface, timeout, daemon, stats, rate, thresholds, persistent_conn, nosort,
    syncid, exact, ops, pe, sched_flags, mcast_group, mcast_port, mcast_ttl, sync_maxlen, tun_info, tun_type, tun_port,
    tun_nocsum, tun_csum, tun_remcsum,
    count,
};

[[nodiscard]] std::string_view option_name(Option option);  // as messages name it

class Options {
 public:
    constexpr Options() = default;
    constexpr Options(std::initializer_list<Option> options) {
        for (const Option option : options) add(option);
    }
    constexpr void add(Option option) { bits_ |= bit(option); }
    [[nodiscard]] constexpr bool has(Option option) const { return (bits_ & bit(option)) != 0; }
    [[nodiscard]] constexpr bool any_of(Options others) const { return (bits_ & others.bits_) != 0; }

 private:
    static constexpr std::uint64_t bit(Option option) { return std::uint64_t{1} << static_cast<unsigned>(option); }
    std::uint64_t bits_ = 0;
};

enum class Verb : std::uint8_t {
    add_service, edit_service, delete_service, flush, list, add_server, delete_server, edit_server, set,
    start_daemon, stop_daemon, restore, save, zero, help, version,
};

struct Rule {
    Verb verb;
    std::string_view name;  // as messages name it
    Options needs, may, one_of;
};
[[nodiscard]] const Rule& rule_of(Verb verb);

// What one word on the command line stands for.
enum class Letter : std::uint8_t {
    add_service, edit_service, delete_service, flush, list, add_server, delete_server, edit_server, set, start_daemon,
    stop_daemon, restore, save, zero, help, version,  // commands: the same order as Verb
    tcp, udp, sctp, fwmark, ipv6, scheduler, persistent, netmask, real_server, gatewaying, ipip, masquerading, weight,
    u_threshold, l_threshold, connection, numeric, mcast_interface, timeout, daemon, stats, rate, thresholds,
    persistent_conn, nosort, sort, syncid, exact, ops, pe, sched_flags, mcast_group, mcast_port, mcast_ttl,
    sync_maxlen, tun_info, tun_type, tun_port, tun_nocsum, tun_csum, tun_remcsum,
};

enum class Value : std::uint8_t { none, required, optional };

struct Spelling {
    char letter;  // '\0': long form only
    std::string_view word;
    Value value;
    Letter meaning;
};
[[nodiscard]] std::span<const Spelling> spellings();

}  // namespace lvx::config::ipvsadm
