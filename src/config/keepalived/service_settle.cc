// What follows from a virtual_server: defaults, what its lines mean to each other, and its pool with all services.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "config/keepalived/service_draft.hh"
#include "model/operation.hh"

namespace lvx::config::keepalived {
namespace {

using model::Method;
using model::Protocol;

struct Flag {
    std::string_view keyword, scheduler;
    model::SchedulerFlag bit;
};
constexpr std::array scheduler_flags = {
    Flag{"flag-1", "", model::flag_1},      Flag{"flag-2", "", model::flag_2},    Flag{"flag-3", "", model::flag_3},
    Flag{"sh-fallback", "sh", model::flag_1}, Flag{"sh-port", "sh", model::flag_2}, Flag{"mh-fallback", "mh", model::flag_1},
    Flag{"mh-port", "mh", model::flag_2},
};

class Settler {
 public:
    Settler(ServiceDraft& draft, Reading& reading) : draft_(draft), reading_(reading), pool_(draft.pool) {}

    void run() {
        settle_keys();
        settle_service();
        settle_persistence();
        refuse_what_is_missing();
        for (ServerDraft& server : draft_.servers) add_server(server);
        settle_sorry();
        settle_pool();
        store();
    }

 private:
    void report(Diagnostic diagnostic) { reading_.report(std::move(diagnostic)); }
    void warn(Code code, const Place& place, std::string message, std::string note) {
        reading_.warn(code, place, std::move(message), std::move(note));
    }
    const Place& place() const { return draft_.origin.block; }

    void settle_keys() {
        for (model::ServiceKey key : draft_.head.services) {
            if (key.fwmark == 0) key.protocol = draft_.protocol.value_or(Protocol::udp);
            if (key.fwmark != 0 && draft_.is_v6) key.address = Address::v6({});
            pool_.services.push_back(key);
        }
        const bool addresses = std::ranges::any_of(pool_.services, [](const auto& key) { return key.fwmark == 0; });
        if (!draft_.has_protocol && addresses) {
            warn(Code::missing_protocol, place(), "this virtual server does not name its protocol",
                 "as with keepalived it is UDP then; most want \"protocol TCP\"");
        }
    }

    void settle_service() {
        service_.scheduler = draft_.scheduler;
        if (!draft_.has_scheduler) {
            warn(Code::default_used, place(), "this virtual server does not name its scheduler", "as with keepalived it is wlc then");
        }
        for (const Statement* flag : draft_.flags) settle_flag(*flag);
        const auto takes_packets = [](const model::ServiceKey& key) { return key.fwmark != 0 || key.protocol == Protocol::udp; };
        const bool asked = draft_.one_packet_place.line != 0;
        service_.one_packet = asked && std::ranges::all_of(pool_.services, takes_packets);
        if (asked && !service_.one_packet) {
            warn(Code::ignored_value, draft_.one_packet_place, "one-packet scheduling is for UDP only",
                 "keepalived ignores the line as well");
        }
    }

    void settle_flag(const Statement& statement) {
        const auto flag = std::ranges::find(scheduler_flags, std::string_view(statement.keyword()), &Flag::keyword);
        if (flag == scheduler_flags.end()) return;
        if (!flag->scheduler.empty() && flag->scheduler != service_.scheduler) {
            return warn(Code::flag_without_scheduler, statement.place(),
                        fmt::format("{} is a flag of scheduler {}, not of {}", flag->keyword, flag->scheduler, service_.scheduler),
                        "keepalived ignores the line as well");
        }
        service_.scheduler_flags |= static_cast<std::uint8_t>(flag->bit);
    }

    void settle_persistence() {
        PersistenceDraft& draft = draft_.persistence;
        const Family family = pool_.services[0].family();
        if (draft.sip) service_.persistence_engine = "sip";
        if (draft.granularity != nullptr) {
            prefix_ = reading_.keep(read_prefix(draft.granularity->words[1], family));
            if (prefix_ && !draft.timeout) draft.timeout = model::Persistence{}.timeout;
        }
        const auto portless = [](const model::ServiceKey& key) { return key.fwmark == 0 && key.port == 0; };
        if (!draft.timeout && std::ranges::any_of(pool_.services, portless)) {
            draft.timeout = model::Persistence{}.timeout;
            warn(Code::missing_port, place(), "a virtual server without a port needs persistence",
                 "as with keepalived it gets a persistence_timeout of 360 seconds");
        }
        if (draft.timeout) service_.persistence = model::Persistence{.timeout = *draft.timeout, .prefix = prefix_of(family)};
    }

    // A granularity is of the family of the first service; others look at all bits.
    std::uint8_t prefix_of(Family family) const {
        const std::uint8_t all = family == Family::v4 ? 32 : 128;
        return family == pool_.services[0].family() ? prefix_.value_or(all) : all;
    }

    // The port of all services, 0 if they differ.
    Port common_port() const {
        const Port first = pool_.services[0].port;
        const auto same = [&](const model::ServiceKey& key) { return key.port == first && key.fwmark == 0; };
        return std::ranges::all_of(pool_.services, same) ? first : Port{0};
    }

    // With DR and TUN the packet keeps its port.
    Endpoint endpoint_in(const Endpoint& endpoint, Method method, Port port) const {
        return {.address = endpoint.address, .port = method != Method::masq || endpoint.port == 0 ? port : endpoint.port};
    }

    // As the pool knows it: where its services have different ports, the port stays as configured.
    Endpoint endpoint_in_pool(const Endpoint& endpoint, Method method) const {
        const bool many = common_port() == 0 && pool_.services.size() > 1;
        return many ? endpoint : endpoint_in(endpoint, method, pool_.services[0].port);
    }

    bool fits(const Endpoint& endpoint, Method method, const Place& where, std::string_view what) {
        const auto same = [&](const model::ServiceKey& key) { return key.family() == endpoint.address.family(); };
        if (method == Method::tunnel || std::ranges::all_of(pool_.services, same)) return true;
        report({.code = Code::mixed_families, .place = where,
                .message = fmt::format("the {}'s address family is not that of its virtual server", what),
                .note = "only TUN can do that"});
        return false;
    }

    void add_server(ServerDraft& draft) {
        const Forward forward = draft.forward.value_or(draft_.forward);
        const Endpoint endpoint = endpoint_in_pool(draft.endpoint, forward.method);
        if (draft.lower_threshold > draft.upper_threshold) {
            return report({.code = Code::threshold_order, .place = draft.lower_place,
                           .message = fmt::format("lthreshold {} is above uthreshold {}", draft.lower_threshold,
                                                  draft.upper_threshold)});
        }
        if (!fits(draft.endpoint, forward.method, draft.place, "server")) return;
        const auto [before, first] = places_.try_emplace(endpoint, draft.place);
        if (!first) {
            return report({.code = Code::duplicate_server, .place = draft.place,
                           .message = fmt::format("real server {} is listed twice (first at {})", endpoint.text(),
                                                  reading_.short_place(before->second, place())),
                           .note = "keepalived would drop the second one"});
        }
        const model::Server server{.endpoint = draft.endpoint, .method = forward.method,
                                   .weight = draft.weight.value_or(draft_.weight), .upper_threshold = draft.upper_threshold,
                                   .lower_threshold = draft.lower_threshold, .tunnel = forward.tunnel};
        if (draft.forward) refuse(model::unsupported(server), draft.forward_place);
        service_.servers.push_back(server);
        pool_.servers.push_back(watched(draft, endpoint, server));
        origins_.emplace_back(endpoint, std::move(draft.origin));
    }

    model::WatchedServer watched(ServerDraft& draft, const Endpoint& endpoint, const model::Server& server) {
        const Timing timing = inherited(draft.timing, draft_.timing);
        const model::Globals& globals = reading_.site().globals;
        const auto mail = globals.smtp_alert_checker ? globals.smtp_alert_checker : globals.smtp_alert;
        model::WatchedServer result{.endpoint = endpoint, .weight = server.weight,
                                    .inhibit_on_failure = draft.inhibit.value_or(draft_.inhibit),
                                    .alpha = timing.alpha.value_or(false), .notify_up = std::move(draft.notify_up),
                                    .notify_down = std::move(draft.notify_down),
                                    .smtp_alert = draft.smtp_alert.value_or(mail.value_or(true))};
        const Port port = draft.endpoint.port != 0 ? draft.endpoint.port : endpoint.port;
        const CheckSurroundings around{.server = {.address = endpoint.address, .port = port}, .timing = timing,
                                       .virtualhost = draft.virtualhost.value_or(draft_.virtualhost.value_or("")),
                                       .log_all_failures = globals.checker_log_all_failures,
                                       .service = pool_.services.front(), .through = draft_.through};
        for (const CheckDraft& check : draft.checks) {
            for (model::Check& made : settled_checks(check, around, reading_)) result.checks.push_back(std::move(made));
        }
        return result;
    }

    void settle_sorry() {
        const SorryDraft& draft = draft_.sorry;
        const auto alone = [&](const Place& where, std::string_view what) {
            warn(Code::ignored_value, where, fmt::format("{} has no effect without a sorry_server", what), {});
        };
        if (!draft.endpoint) {
            if (draft.forward && draft.place.line == 0) alone(draft.forward_place, "sorry_server_lvs_method");
            return;
        }
        const Forward forward = draft.forward.value_or(draft_.forward);
        if (!fits(*draft.endpoint, forward.method, draft.place, "sorry server")) return;
        if (draft.forward) refuse(model::unsupported(model::Server{.method = forward.method, .tunnel = forward.tunnel}), draft.forward_place);
        pool_.sorry = model::Sorry{.endpoint = endpoint_in_pool(*draft.endpoint, forward.method), .method = forward.method,
                                   .tunnel = forward.tunnel, .inhibit = draft.inhibit};
    }

    void settle_pool() {
        const model::Globals& globals = reading_.site().globals;
        const auto mail = globals.smtp_alert_checker ? globals.smtp_alert_checker : globals.smtp_alert;
        pool_.name = draft_.head.name;
        pool_.group = draft_.head.group;
        pool_.smtp_alert = draft_.smtp_alert.value_or(mail.value_or(false));
        pool_.drain = draft_.drain.value_or(reading_.site().director.drain);
        settle_quorum();
        if (draft_.servers.empty() && !draft_.sorry.endpoint) {
            warn(Code::no_servers, place(), "this virtual server has no real servers",
                 "keepalived would leave it out; lvx tells its clients that no server is there");
        }
    }

    void settle_quorum() {
        const std::uint64_t total = std::accumulate(pool_.servers.begin(), pool_.servers.end(), std::uint64_t{0},
                                                    [](std::uint64_t sum, const auto& one) { return sum + one.weight; });
        if (!pool_.servers.empty() && pool_.quorum > std::max<std::uint64_t>(total, 1)) {
            warn(Code::adjusted_value, draft_.quorum_place,
                 fmt::format("quorum {} is more than all servers weigh together", pool_.quorum),
                 fmt::format("as with keepalived it is {} then", std::max<std::uint64_t>(total, 1)));
            pool_.quorum = static_cast<std::uint32_t>(std::max<std::uint64_t>(total, 1));
        }
        if (pool_.hysteresis < pool_.quorum) return;
        if (pool_.hysteresis != 0) {
            warn(Code::adjusted_value, draft_.hysteresis_place,
                 fmt::format("hysteresis {} is not below the quorum, {}", pool_.hysteresis, pool_.quorum),
                 fmt::format("as with keepalived it is {} then", pool_.quorum - 1));
        }
        pool_.hysteresis = pool_.quorum - 1;
    }

    void refuse(std::string_view sentence, const Place& where) {
        if (sentence.empty()) return;
        report({.code = Code::not_supported_yet, .place = where, .message = std::string(sentence)});
    }

    // The one list of what the data plane cannot do is the model's; each thing is asked for by itself, so that each
    // is answered at its own place.
    void refuse_what_is_missing() {
        for (const model::ServiceKey& key : pool_.services) {
            const bool by_mark = key.fwmark != 0;
            const model::ServiceKey bare{.protocol = key.protocol, .port = static_cast<Port>(by_mark ? 0 : 1), .fwmark = key.fwmark};
            const std::string_view gap = model::unsupported(model::Service{.key = bare});
            if (gap.empty()) continue;
            refuse(gap, by_mark || draft_.protocol_place.line == 0 ? place() : draft_.protocol_place);
            break;
        }
        refuse(model::unsupported(model::Service{.persistence_engine = service_.persistence_engine}), draft_.persistence.engine_place);
        refuse(model::unsupported(model::Service{.one_packet = service_.one_packet}), draft_.one_packet_place);
        if (draft_.has_method) refuse(model::unsupported(model::Server{.method = draft_.forward.method}), draft_.method_place);
        if (!draft_.has_method && std::ranges::any_of(draft_.servers, [](const ServerDraft& one) { return !one.forward; })) {
            warn(Code::default_used, place(), "this virtual server does not name its lvs_method", "as with keepalived it is NAT then");
        }
    }

    // The service of one key, with the servers as that service reaches them.
    model::Service service_of(const model::ServiceKey& key) const {
        model::Service service = service_;
        service.key = key;
        if (service.persistence) service.persistence->prefix = prefix_of(key.family());
        for (model::Server& server : service.servers) server.endpoint = endpoint_in(server.endpoint, server.method, key.port);
        return service;
    }

    void store() {
        std::vector<model::ServiceKey> known;
        for (const model::ServiceKey& key : pool_.services) {
            const auto [before, first] = reading_.places().services.try_emplace(key, place());
            if (first) continue;
            known.push_back(key);
            report({.code = Code::duplicate_service, .place = place(),
                    .message = fmt::format("virtual server {} is described twice (first at {})", key.text(),
                                           reading_.short_place(before->second, place())),
                    .note = "keepalived would take both, and mix their servers"});
        }
        std::erase_if(pool_.services, [&](const auto& key) { return std::ranges::find(known, key) != known.end(); });
        for (const model::ServiceKey& key : known) mix_into(key);
        if (pool_.services.empty()) return;
        for (const model::ServiceKey& key : pool_.services) store_service(key);
        const model::ServiceKey& name = pool_.services[0];
        reading_.places().pools.emplace(name, std::move(draft_.origin));
        for (auto& [endpoint, origin] : origins_) reading_.places().watched.emplace(std::pair{name, endpoint}, std::move(origin));
        reading_.site().pools.push_back(std::move(pool_));
    }

    void store_service(const model::ServiceKey& key) {
        model::Service service = service_of(key);
        for (std::size_t at = 0; at < service.servers.size(); ++at) {
            reading_.places().servers.emplace(std::pair{key, service.servers[at].endpoint}, origins_[at].second.block);
        }
        reading_.site().cluster.services.push_back(std::move(service));
    }

    // What keepalived makes of a second virtual_server with the same address: its servers join those of the first.
    void mix_into(const model::ServiceKey& key) {
        model::Site& site = reading_.site();
        const auto has_key = [&](const model::Pool& pool) { return std::ranges::find(pool.services, key) != pool.services.end(); };
        const auto pool = std::ranges::find_if(site.pools, has_key);
        if (pool == site.pools.end()) return;
        for (std::size_t at = 0; at < pool_.servers.size(); ++at) {
            const model::WatchedServer& server = pool_.servers[at];
            const auto same = [&](const auto& one) { return one.endpoint.address == server.endpoint.address && one.endpoint.port == server.endpoint.port; };
            if (std::ranges::any_of(pool->servers, same)) continue;
            pool->servers.push_back(server);
            for (const model::ServiceKey& one : pool->services) site.cluster.find(one)->servers.push_back(service_of(one).servers[at]);
        }
    }

    ServiceDraft& draft_;
    Reading& reading_;
    model::Pool& pool_;
    model::Service service_;  // key and server ports are of no service yet
    std::optional<std::uint8_t> prefix_;
    std::map<Endpoint, Place> places_;
    std::vector<std::pair<Endpoint, Origin>> origins_;  // of pool_.servers
};

}  // namespace

void settle_service(ServiceDraft& draft, Reading& reading) { Settler(draft, reading).run(); }

}  // namespace lvx::config::keepalived
