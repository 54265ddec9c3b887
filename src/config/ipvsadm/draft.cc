#include "config/ipvsadm/draft.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"
#include "config/ipvsadm/host.hh"

namespace lvx::config::ipvsadm {
namespace {

using model::Method;
using model::Protocol;

struct FlagName {
    std::string_view name, scheduler;  // scheduler "": any
    std::uint8_t bit;
};
constexpr std::array flag_names = {
    FlagName{"sh-fallback", "sh", model::flag_1}, FlagName{"sh-port", "sh", model::flag_2},
    FlagName{"mh-fallback", "mh", model::flag_1}, FlagName{"mh-port", "mh", model::flag_2},
    FlagName{"flag-1", "", model::flag_1},        FlagName{"flag-2", "", model::flag_2},
    FlagName{"flag-3", "", model::flag_3},
};

Usage<std::uint8_t> read_flags(std::string_view scheduler, std::string_view text) {
    std::uint8_t flags = 0;
    for (const std::string_view name : split_at(text, ',')) {
        if (name.empty()) continue;
        const auto flag = std::ranges::find(flag_names, name, &FlagName::name);
        if (flag == flag_names.end()) return wrong(fmt::format("invalid scheduler flag `{}'", name));
        if (!flag->scheduler.empty() && flag->scheduler != scheduler) {
            return wrong(fmt::format("incompatible scheduler flag `{}'", name));
        }
        flags |= flag->bit;
    }
    return flags;
}

// One pass over the options in their order, as the real tool makes it: what is missing, what does not belong here,
// what excludes another.  `of` is the end of the sentence: "command" or "tunnel type".
struct Wanted {
    std::string_view name, of;
    Options looked_at, needs, may, one_of;
};

Done check(const Wanted& wanted, Options given) {
    std::optional<Option> before;
    for (unsigned i = 0; i < static_cast<unsigned>(Option::count); ++i) {
        const auto one = static_cast<Option>(i);
        if (!wanted.looked_at.has(one)) continue;
        const std::string_view name = option_name(one);
        if (!given.has(one)) {
            if (!wanted.needs.has(one)) continue;
            return wrong(fmt::format("You need to supply the '{}' option for the '{}' {}", name, wanted.name, wanted.of));
        }
        if (wanted.needs.has(one) || wanted.may.has(one)) continue;
        if (!wanted.one_of.has(one)) {
            return wrong(fmt::format("Illegal '{}' option with the '{}' {}", name, wanted.name, wanted.of));
        }
        if (before) {
            return wrong(fmt::format("The option '{}' conflicts with the '{}' option in the '{}' {}", name,
                                     option_name(*before), wanted.name, wanted.of));
        }
        before = one;
    }
    return {};
}

Done check_tunnel(const Draft& draft) {
    struct TunnelRule {
        std::string_view name;
        Options needs, one_of;
    };
    constexpr std::array<TunnelRule, 3> rules = {{  // in the enum's order
        {"ipip", {}, {}},
        {"gue", {Option::tun_port}, {Option::tun_nocsum, Option::tun_csum, Option::tun_remcsum}},
        {"gre", {}, {Option::tun_nocsum, Option::tun_csum}},
    }};
    const TunnelRule& rule = rules[static_cast<std::size_t>(draft.server.tunnel.type)];
    return check({.name = rule.name, .of = "tunnel type",
                  .looked_at = {Option::tun_port, Option::tun_nocsum, Option::tun_csum, Option::tun_remcsum},
                  .needs = rule.needs, .may = {}, .one_of = rule.one_of},
                 draft.given);
}

bool by_mark(const Draft& draft) { return draft.service.key.fwmark != 0; }

Usage<model::Service> whole_service(const Draft& draft) {
    model::Service service = draft.service;
    const std::uint8_t bits = TRY(prefix_of(draft));
    if (draft.persistence) service.persistence = model::Persistence{.timeout = *draft.persistence, .prefix = bits};
    if (!by_mark(draft) && service.key.port == 0 && !service.persistence) {
        return wrong("Zero port specified for non-persistent service");
    }
    if (service.one_packet && !by_mark(draft) && service.key.protocol != Protocol::udp) {
        return wrong("One-Packet Scheduling is only for UDP virtual services");
    }
    service.scheduler_flags = TRY(read_flags(service.scheduler, draft.flags));
    return service;
}

Endpoint endpoint(const Draft& draft) {
    const Port service_port = draft.service.key.port;
    const bool keeps_port = draft.server.method == Method::masq || by_mark(draft);
    return {.address = draft.server.endpoint.address,
            .port = keeps_port ? draft.server_port.value_or(service_port) : service_port};
}

Usage<model::Server> whole_server(const Draft& draft) {
    model::Server server = draft.server;
    server.endpoint = endpoint(draft);
    const bool tunneled = server.method == Method::tunnel;
    if (!tunneled && server.endpoint.address.family() != draft.service.key.family()) {
        return wrong("Different address family is allowed only for tunneling servers");
    }
    constexpr Options of_tunnel = {Option::tun_type, Option::tun_port, Option::tun_nocsum, Option::tun_csum,
                                   Option::tun_remcsum};
    if (!tunneled && draft.given.any_of(of_tunnel)) return wrong("Tunnel options conflict with forward method");
    TRY(check_tunnel(draft));
    return server;
}

// "-d" has no forwarding method: its server is named by address and port alone.
Endpoint named_server(const Draft& draft) {
    return {.address = draft.server.endpoint.address, .port = draft.server_port.value_or(draft.service.key.port)};
}

std::optional<model::ServiceKey> one_service(const Draft& draft) {
    return draft.given.has(Option::service_address) ? std::optional(draft.service.key) : std::nullopt;
}

Show show(Options given) {
    if (given.has(Option::connection)) return Show::connections;
    if (given.has(Option::timeout)) return Show::timeouts;
    return given.has(Option::daemon) ? Show::daemons : Show::services;
}

Columns columns(Options given) {
    if (given.has(Option::stats)) return Columns::stats;
    if (given.has(Option::rate)) return Columns::rate;
    if (given.has(Option::thresholds)) return Columns::thresholds;
    if (given.has(Option::persistent_conn)) return Columns::persistent_connections;
    return given.has(Option::tun_info) ? Columns::tunnel : Columns::plain;
}

Parsed list(const Draft& draft) {
    const Options given = draft.given;
    const bool other_list = given.any_of({Option::connection, Option::timeout, Option::daemon});
    const bool numbers = given.any_of({Option::stats, Option::rate, Option::thresholds});
    const bool no_table = given.any_of({Option::timeout, Option::daemon}) && given.has(Option::persistent_conn);
    if ((other_list && numbers) || no_table) return wrong("options conflicts in the list command");
    return List{.show = show(given),
                .columns = columns(given),
                .numeric = given.has(Option::numeric),
                .exact = given.has(Option::exact),
                .sorted = !given.has(Option::nosort),
                .persistence_data = given.has(Option::connection) && given.has(Option::persistent_conn),
                .service = one_service(draft)};
}

Command command(model::Operation operation) { return operation; }

}  // namespace

std::unexpected<UsageError> wrong(std::string_view text) {
    return std::unexpected(UsageError{fmt::format("{}\n", text), 2});
}

std::unexpected<UsageError> try_help() {
    return std::unexpected(UsageError{"Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n", 255});
}

Usage<std::uint8_t> prefix_of(const Draft& draft) {
    const bool v4 = draft.service.key.address.is_v4();
    if (!draft.mask) return static_cast<std::uint8_t>(v4 ? 32 : 128);
    if (v4) {
        const auto bits = read_v4_mask(*draft.mask);
        if (!bits) return wrong("illegal virtual server persistent mask specified");
        return *bits;
    }
    const auto bits = read_number(*draft.mask, 1, 128);
    if (!bits) return wrong("illegal ipv6 netmask specified");
    return static_cast<std::uint8_t>(*bits);
}

Done check_rules(const Draft& draft) {
    Options all;
    for (unsigned i = 0; i < static_cast<unsigned>(Option::count); ++i) all.add(static_cast<Option>(i));
    const Rule& rule = rule_of(draft.verb);
    return check({.name = rule.name, .of = "command", .looked_at = all, .needs = rule.needs, .may = rule.may,
                  .one_of = rule.one_of},
                 draft.given);
}

Parsed build(const Draft& draft) {
    switch (draft.verb) {
        case Verb::add_service: return command(model::AddService{TRY(whole_service(draft))});
        case Verb::edit_service: return command(model::EditService{TRY(whole_service(draft))});
        case Verb::delete_service: return command(model::DeleteService{draft.service.key});
        case Verb::add_server: return command(model::AddServer{draft.service.key, TRY(whole_server(draft))});
        case Verb::edit_server: return command(model::EditServer{draft.service.key, TRY(whole_server(draft))});
        case Verb::delete_server: return command(model::DeleteServer{draft.service.key, named_server(draft)});
        case Verb::flush: return command(model::Flush{});
        case Verb::set: return command(model::SetTimeouts{draft.timeouts});
        case Verb::zero: return command(model::Zero{one_service(draft)});
        case Verb::list: return list(draft);
        case Verb::start_daemon: return draft.daemon;
        case Verb::stop_daemon: return StopDaemon{draft.daemon.role};
        case Verb::restore: return Restore{};
        case Verb::save: return Save{.numeric = draft.given.has(Option::numeric)};
        case Verb::help: return Help{};
        case Verb::version: return Version{};
    }
    return try_help();
}

}  // namespace lvx::config::ipvsadm
