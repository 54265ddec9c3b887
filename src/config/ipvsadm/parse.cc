#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>

#include "base/text.hh"
#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/draft.hh"
#include "config/ipvsadm/host.hh"
#include "config/ipvsadm/option.hh"
#include "config/ipvsadm/scanner.hh"

namespace lvx::config::ipvsadm {
namespace {

using model::Method;
using model::Protocol;

constexpr std::int64_t longest_timeout = 2678400;  // 31 days in seconds
constexpr std::int64_t usual_persistence = 360;

Usage<std::chrono::seconds> read_timeout(std::string_view text, std::int64_t low) {
    const auto seconds = read_number(text, low, longest_timeout);
    if (!seconds) return wrong(fmt::format("invalid timeout value `{}' specified", text));
    return std::chrono::seconds{*seconds};
}

class Parser {
 public:
    Parser(std::span<const std::string> words, const Names& names) : scanner_(words), names_(names) {}

    Parsed run() {
        TRY(command());
        for (;;) {
            const auto given = scanner_.next();
            if (!given) return std::unexpected(UsageError{given.error() + "\n", 255});
            if (!*given) break;
            TRY(option(**given));
        }
        if (draft_.verb == Verb::help) return Help{};
        if (draft_.verb == Verb::version) return Version{};
        TRY(arguments());
        TRY(check_rules(draft_));
        return build(draft_);
    }

 private:
    // The first option has to be the command.
    Done command() {
        const auto first = scanner_.next();
        if (!first || !*first || (*first)->meaning > Letter::version) return try_help();
        draft_.verb = static_cast<Verb>((*first)->meaning);
        if (draft_.verb != Verb::start_daemon && draft_.verb != Verb::stop_daemon) return {};
        const std::string& role = *(*first)->value;
        draft_.daemon.role = role == "backup" ? DaemonRole::backup : DaemonRole::master;
        if (role == "master" || role == "backup") return {};
        return wrong(draft_.verb == Verb::start_daemon ? "illegal start-daemon parameter specified"
                                                 : "illegal start_daemon specified");
    }

    Done take(Option which) {
        if (draft_.given.has(which)) return wrong(fmt::format("multiple '{}' options specified", option_name(which)));
        draft_.given.add(which);
        return {};
    }

    template <class T>
    Done number(Option which, const Given& given, T& into, std::int64_t low, std::int64_t high, std::string_view name) {
        TRY(take(which));
        const auto value = read_number(*given.value, low, high);
        if (!value) return wrong(fmt::format("illegal {} specified", name));
        into = static_cast<T>(*value);
        return {};
    }

    Done option(const Given& given) {
        switch (given.meaning) {
            case Letter::tcp: return service(*given.value, Protocol::tcp);
            case Letter::udp: return service(*given.value, Protocol::udp);
            case Letter::sctp: return service(*given.value, Protocol::sctp);
            case Letter::fwmark: return mark(*given.value);
            case Letter::ipv6: return mark_is_v6();
            case Letter::scheduler: return text(Option::scheduler, given, draft_.service.scheduler);
            case Letter::persistent: return persistence(given.value);
            case Letter::netmask: return netmask(*given.value);
            case Letter::pe: return text(Option::pe, given, draft_.service.persistence_engine);
            case Letter::sched_flags: return text(Option::sched_flags, given, draft_.flags);
            case Letter::ops: draft_.service.one_packet = true; return take(Option::ops);
            case Letter::sort: return {};  // the default
            default: return server_option(given);
        }
    }

    Done server_option(const Given& given) {
        switch (given.meaning) {
            case Letter::real_server: return server(*given.value);
            case Letter::gatewaying: draft_.server.method = Method::route; return take(Option::forwarding_method);
            case Letter::ipip: draft_.server.method = Method::tunnel; return take(Option::forwarding_method);
            case Letter::masquerading: draft_.server.method = Method::masq; return take(Option::forwarding_method);
            case Letter::weight: return number(Option::weight, given, draft_.server.weight, 0, INT_MAX, "weight");
            case Letter::u_threshold:
                return number(Option::u_threshold, given, draft_.server.upper_threshold, 0, INT_MAX, "u_threshold");
            case Letter::l_threshold:
                return number(Option::l_threshold, given, draft_.server.lower_threshold, 0, INT_MAX, "l_threshold");
            case Letter::tun_type: return tunnel_type(*given.value);
            case Letter::tun_port: return number(Option::tun_port, given, draft_.server.tunnel.port, 1, 65535, "tunnel port");
            case Letter::tun_nocsum: draft_.server.tunnel.checksum = model::TunnelChecksum::none; return take(Option::tun_nocsum);
            case Letter::tun_csum: draft_.server.tunnel.checksum = model::TunnelChecksum::full; return take(Option::tun_csum);
            case Letter::tun_remcsum: draft_.server.tunnel.checksum = model::TunnelChecksum::remote; return take(Option::tun_remcsum);
            default: return daemon_option(given);
        }
    }

    Done daemon_option(const Given& given) {
        switch (given.meaning) {
            case Letter::mcast_interface: return text(Option::mcast_interface, given, draft_.daemon.interface);
            case Letter::syncid: return number(Option::syncid, given, draft_.daemon.sync_id, 0, 255, "syncid");
            case Letter::mcast_port: return number(Option::mcast_port, given, draft_.daemon.port, 1, 65535, "mcast-port");
            case Letter::mcast_ttl: return number(Option::mcast_ttl, given, draft_.daemon.ttl, 1, 255, "mcast-ttl");
            case Letter::sync_maxlen:
                return number(Option::sync_maxlen, given, draft_.daemon.message_length, 1, 65507, "sync-maxlen");
            case Letter::mcast_group: return group(*given.value);
            default: return list_option(given);
        }
    }

    Done list_option(const Given& given) {
        struct Row {
            Letter letter;
            Option option;
        };
        constexpr std::array rows = {
            Row{Letter::connection, Option::connection}, Row{Letter::numeric, Option::numeric},
            Row{Letter::timeout, Option::timeout},       Row{Letter::daemon, Option::daemon},
            Row{Letter::stats, Option::stats},           Row{Letter::rate, Option::rate},
            Row{Letter::thresholds, Option::thresholds}, Row{Letter::persistent_conn, Option::persistent_conn},
            Row{Letter::nosort, Option::nosort},         Row{Letter::exact, Option::exact},
            Row{Letter::tun_info, Option::tun_info},
        };
        const auto row = std::ranges::find(rows, given.meaning, &Row::letter);
        if (row != rows.end()) return take(row->option);
        return wrong(fmt::format("invalid option `{}'", scanner_.last_word()));  // a second command
    }

    Done text(Option which, const Given& given, std::string& into) {
        into = *given.value;
        return take(which);
    }

    Done service(std::string_view where, Protocol protocol) {
        TRY(take(Option::service_address));
        const auto found = read_host_port(where, protocol, names_);
        if (!found) return wrong("illegal virtual server address[:port] specified");
        draft_.service.key = {.protocol = protocol, .address = found->address, .port = found->port.value_or(0)};
        return {};
    }

    Done mark(std::string_view value) {
        TRY(take(Option::service_address));
        const auto number = read_number(value, 1, UINT_MAX);
        if (!number) return wrong(fmt::format("invalid fwmark value `{}' specified", value));
        draft_.service.key = {.protocol = Protocol::ip, .fwmark = static_cast<std::uint32_t>(*number)};
        return {};
    }

    Done mark_is_v6() {
        if (draft_.service.key.fwmark == 0) return wrong("-6 used before -f\n");
        draft_.service.key.address = Address::v6({});
        return {};
    }

    Done persistence(const std::optional<std::string>& value) {
        TRY(take(Option::persistent));
        draft_.persistence = value ? TRY(read_timeout(*value, 1)) : std::chrono::seconds{usual_persistence};
        return {};
    }

    // Read at once where the family is known, so that mistakes are reported in the order of the words.
    Done netmask(const std::string& value) {
        TRY(take(Option::netmask));
        draft_.mask = value;
        if (draft_.given.has(Option::service_address) && draft_.service.key.fwmark == 0) TRY(prefix_of(draft_));
        return {};
    }

    Done server(std::string_view where) {
        TRY(take(Option::real_server));
        const auto found = read_host_port(where, draft_.service.key.protocol, names_);
        if (!found) return wrong("illegal real server address[:port] specified");
        draft_.server.endpoint.address = found->address;
        draft_.server_port = found->port;
        return {};
    }

    Done tunnel_type(std::string_view name) {
        TRY(take(Option::tun_type));
        constexpr std::array<std::string_view, 3> types = {"ipip", "gue", "gre"};  // in the enum's order
        const auto type = std::ranges::find(types, name);
        if (type == types.end()) return wrong("illegal tunnel type specified");
        draft_.server.tunnel.type = static_cast<model::TunnelType>(type - types.begin());
        return {};
    }

    Done group(const std::string& name) {
        TRY(take(Option::mcast_group));
        const auto address = Address::parse(name);
        const bool v6 = address && !address->is_v4();
        const bool multicast = address && (v6 ? address->mapped()[0] == 0xff : address->v4_value() >> 28 == 0xe);
        if (!multicast) return wrong(fmt::format("invalid IPv{} mcast-group `{}'", v6 ? 6 : 4, name));
        draft_.daemon.group = address;
        return {};
    }

    // Words that are no options: the three values of --set, and nothing else.
    Done arguments() {
        const auto& words = scanner_.arguments();
        const std::size_t wanted = draft_.verb == Verb::set ? 3 : 0;
        if (words.size() < wanted) return wrong("--set option requires 3 timeout values");
        if (wanted == 3) {
            draft_.timeouts.tcp = TRY(read_timeout(words[0], 0));
            draft_.timeouts.tcp_fin = TRY(read_timeout(words[1], 0));
            draft_.timeouts.udp = TRY(read_timeout(words[2], 0));
        }
        if (words.size() > wanted) return wrong("unexpected argument " + words[wanted]);
        return {};
    }

    Scanner scanner_;
    const Names& names_;
    Draft draft_;
};

}  // namespace

Names no_names() {
    return {.host = [](std::string_view) { return std::optional<Address>{}; },
            .service = [](std::string_view, Protocol) { return std::optional<Port>{}; }};
}

Parsed parse(std::span<const std::string> words, const Names& names) {
    if (words.size() < 2) return List{};
    return Parser(words, names).run();
}

std::optional<Parsed> restore_line(std::string_view line, const Names& names) {
    std::vector<std::string> words = {"ipvsadm"};
    for (const std::string_view word : split_words(line)) {
        if (word != "ipvsadm") words.emplace_back(word);
    }
    if (words.size() == 1) return std::nullopt;
    Parsed parsed = parse(words, names);
    if (parsed && std::holds_alternative<Restore>(*parsed)) return try_help();
    return parsed;
}

}  // namespace lvx::config::ipvsadm
