#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "config/keepalived/print_parts.hh"

namespace lvx::config::keepalived {
namespace {

using model::Method;
using model::Protocol;

std::string key_words(const model::ServiceKey& key) {
    if (key.fwmark == 0) return fmt::format("{} {}", key.address.text(), key.port);
    return fmt::format("fwmark {}{}", key.fwmark, key.address.is_v4() ? "" : " inet6");
}

std::string_view protocol_word(Protocol protocol) {
    switch (protocol) {
        case Protocol::tcp: return "TCP";
        case Protocol::udp: return "UDP";
        case Protocol::sctp: return "SCTP";
        case Protocol::ip: return "";
    }
    return "";
}

std::string method_words(Method method, const model::Tunnel& tunnel) {
    if (method == Method::masq) return "NAT";
    // Local delivery is direct routing to an own address.
    if (method != Method::tunnel) return "DR";
    constexpr std::array<std::string_view, 3> types = {"ipip", "gue", "gre"};
    constexpr std::array<std::string_view, 3> checksums = {"", " csum", " remcsum"};
    std::string words = fmt::format("TUN type {}", types[static_cast<std::size_t>(tunnel.type)]);
    if (tunnel.port != 0) words += fmt::format(" port {}", tunnel.port);
    words += checksums[static_cast<std::size_t>(tunnel.checksum)];
    return words;
}

void print_flags(const model::Service& service, Page& page) {
    const bool named = service.scheduler == "sh" || service.scheduler == "mh";
    page.line_if((service.scheduler_flags & model::flag_1) != 0, named ? service.scheduler + "-fallback" : "flag-1");
    page.line_if((service.scheduler_flags & model::flag_2) != 0, named ? service.scheduler + "-port" : "flag-2");
    page.line_if((service.scheduler_flags & model::flag_3) != 0, "flag-3");
}

void print_persistence(const model::Service& service, Page& page) {
    if (!service.persistence) return;
    const auto& [timeout, prefix] = *service.persistence;
    page.line(fmt::format("persistence_timeout {}", timeout.count()));
    const bool v4 = service.key.address.is_v4();
    if (prefix == (v4 ? 32 : 128)) return;
    page.line(fmt::format("persistence_granularity {}", v4 ? dotted_mask(prefix) : std::to_string(prefix)));
}

// Of a group the first address's: marks have none.
void print_protocol(std::span<const model::ServiceKey> keys, Page& page) {
    const auto found = std::ranges::find(keys, 0u, &model::ServiceKey::fwmark);
    if (found != keys.end()) page.line(fmt::format("protocol {}", protocol_word(found->protocol)));
}

// What virtual_server says of itself, but for its name, protocol, watch and servers.
void print_body(const model::Service& service, std::string_view method, Page& page) {
    page.line(fmt::format("lvs_sched {}", service.scheduler));
    print_flags(service, page);
    page.line(fmt::format("lvs_method {}", method));
    print_persistence(service, page);
    page.text("persistence_engine", service.persistence_engine);
    page.line_if(service.one_packet, "ops");
}

std::string usual_method(const model::Service& service) {
    return service.servers.empty() ? "NAT" : method_words(service.servers.front().method, service.servers.front().tunnel);
}

void open_server(const model::Server& server, std::string_view usual, Page& page) {
    page.open(fmt::format("real_server {} {}", server.endpoint.address.text(), server.endpoint.port));
    page.line(fmt::format("weight {}", server.weight));
    const std::string method = method_words(server.method, server.tunnel);
    if (method != usual) page.line(fmt::format("lvs_method {}", method));
    page.number("uthreshold", server.upper_threshold, 0);
    page.number("lthreshold", server.lower_threshold, 0);
}

void print_watched(const model::Server& server, const model::WatchedServer& watched, const Usual& timing,
                   std::string_view usual, Page& page) {
    open_server(server, usual, page);
    page.flag("inhibit_on_failure", watched.inhibit_on_failure, false);
    page.flag("alpha", watched.alpha, false);
    page.flag("smtp_alert", watched.smtp_alert, timing.server_mail);
    page.command("notify_up", watched.notify_up);
    page.command("notify_down", watched.notify_down);
    page.text("snmp_name", watched.snmp_name);
    for (const model::Check& check : watched.checks) print_check(check, watched, timing, page);
    page.close();
}

void print_sorry(const model::Sorry& sorry, std::string_view usual, Page& page) {
    page.line(fmt::format("sorry_server {} {}", sorry.endpoint.address.text(), sorry.endpoint.port));
    page.line_if(sorry.inhibit, "sorry_server_inhibit");
    const std::string method = method_words(sorry.method, sorry.tunnel);
    if (method != usual) page.line(fmt::format("sorry_server_lvs_method {}", method));
}

// Keywords that only lvx has.
void print_own(const model::Pool& pool, const Usual& usual, Page& page) {
    constexpr std::array<std::string_view, 3> fates = {"keep", "reset", "move"};
    if (pool.on_down != model::OnDown::keep) page.line(fmt::format("on_down {}", fates[static_cast<std::size_t>(pool.on_down)]));
    page.number("drain", pool.drain.count(), usual.drain.count());
    page.number("slow_start", pool.slow_start.count(), 0);
    page.number("panic_threshold", pool.panic_threshold, 0);
    page.number("flap_damping", pool.flap_damping.count(), 0);
    page.flag("passive_ejection", pool.passive_ejection, false);
    page.time("passive_slow", pool.passive_slow, model::Microseconds{0});
    page.number("passive_slow_times", pool.passive_slow_times, 0);
    page.number("passive_time", pool.passive_time.count(), model::Pool{}.passive_time.count());
    page.text("maintenance_directory", pool.maintenance_directory);
}

void print_watch(const model::Pool& pool, const Usual& timing, Page& page) {
    page.time("delay_loop", timing.delay_loop, Usual{}.delay_loop);
    page.time("connect_timeout", timing.connect_timeout, Usual{}.connect_timeout);
    page.line_if(pool.ha_suspend, "ha_suspend");
    page.flag("omega", pool.omega, false);
    page.number("quorum", pool.quorum, 1);
    page.number("hysteresis", pool.hysteresis, 0);
    page.command("quorum_up", pool.quorum_up);
    page.command("quorum_down", pool.quorum_down);
    page.flag("smtp_alert", pool.smtp_alert, timing.pool_mail);
    page.text("snmp_name", pool.snmp_name);
    print_own(pool, timing, page);
}

}  // namespace

void print_group(const model::Pool& pool, Page& page) {
    page.gap();
    page.open(fmt::format("virtual_server_group {}", word_text(pool.group)));
    for (const model::ServiceKey& key : pool.services) page.line(key_words(key));
    page.close();
}

void print_pool(const model::Pool& pool, const model::Site& site, Page& page) {
    const model::Service* service = site.cluster.find(pool.services.front());
    if (service == nullptr) return;
    page.gap();
    page.open("virtual_server " + (pool.group.empty() ? key_words(service->key) : "group " + word_text(pool.group)));
    const std::string method = usual_method(*service);
    const Usual timing = usual_of(pool, site);
    print_protocol(pool.services, page);
    print_body(*service, method, page);
    print_watch(pool, timing, page);
    if (pool.sorry) print_sorry(*pool.sorry, method, page);
    // As configured: a pool of services on many ports has servers that take the port of each.
    for (std::size_t at = 0; at < std::min(pool.servers.size(), service->servers.size()); ++at) {
        model::Server server = service->servers[at];
        server.endpoint = pool.servers[at].endpoint;
        print_watched(server, pool.servers[at], timing, method, page);
    }
    page.close();
}

void print_service(const model::Service& service, Page& page) {
    page.gap();
    page.open("virtual_server " + key_words(service.key));
    const std::string method = usual_method(service);
    print_protocol({&service.key, 1}, page);
    print_body(service, method, page);
    for (const model::Server& server : service.servers) {
        open_server(server, method, page);
        page.close();
    }
    page.close();
}

}  // namespace lvx::config::keepalived
