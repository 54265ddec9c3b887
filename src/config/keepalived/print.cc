#include "config/keepalived/print.hh"

#include <fmt/format.h>

#include <array>

namespace lvx::config::keepalived {
namespace {

using model::Method;
using model::Protocol;

std::string dotted_mask(std::uint8_t prefix) {
    return Address::v4(prefix == 0 ? 0 : 0xffffffffu << (32 - prefix)).text();
}

std::string header(const model::ServiceKey& key) {
    if (key.fwmark == 0) return fmt::format("virtual_server {} {} {{\n", key.address.text(), key.port);
    return fmt::format("virtual_server fwmark {}{} {{\n", key.fwmark, key.address.is_v4() ? "" : " inet6");
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

std::string method_words(const model::Server& server) {
    if (server.method == Method::masq) return "NAT";
    // Local delivery is direct routing to an own address.
    if (server.method != Method::tunnel) return "DR";
    constexpr std::array<std::string_view, 3> types = {"ipip", "gue", "gre"};
    constexpr std::array<std::string_view, 3> checksums = {"", " csum", " remcsum"};
    std::string words = fmt::format("TUN type {}", types[static_cast<std::size_t>(server.tunnel.type)]);
    if (server.tunnel.port != 0) words += fmt::format(" port {}", server.tunnel.port);
    words += checksums[static_cast<std::size_t>(server.tunnel.checksum)];
    return words;
}

std::string flags(const model::Service& service) {
    const bool named = service.scheduler == "sh" || service.scheduler == "mh";
    const std::string first = named ? service.scheduler + "-fallback" : "flag-1";
    const std::string second = named ? service.scheduler + "-port" : "flag-2";
    std::string text;
    if (service.scheduler_flags & model::flag_1) text += fmt::format("    {}\n", first);
    if (service.scheduler_flags & model::flag_2) text += fmt::format("    {}\n", second);
    if (service.scheduler_flags & model::flag_3) text += "    flag-3\n";
    return text;
}

std::string persistence(const model::Service& service) {
    if (!service.persistence) return {};
    const auto& [timeout, prefix] = *service.persistence;
    std::string text = fmt::format("    persistence_timeout {}\n", timeout.count());
    const bool v4 = service.key.address.is_v4();
    if (prefix == (v4 ? 32 : 128)) return text;
    return text + fmt::format("    persistence_granularity {}\n", v4 ? dotted_mask(prefix) : std::to_string(prefix));
}

std::string server_block(const model::Server& server, std::string_view usual_method) {
    std::string text = fmt::format("    real_server {} {} {{\n        weight {}\n", server.endpoint.address.text(),
                                   server.endpoint.port, server.weight);
    const std::string method = method_words(server);
    if (method != usual_method) text += fmt::format("        lvs_method {}\n", method);
    if (server.upper_threshold != 0) text += fmt::format("        uthreshold {}\n", server.upper_threshold);
    if (server.lower_threshold != 0) text += fmt::format("        lthreshold {}\n", server.lower_threshold);
    return text + "    }\n";
}

std::string service_block(const model::Service& service) {
    const std::string method = service.servers.empty() ? "NAT" : method_words(service.servers.front());
    std::string text = header(service.key);
    if (service.key.fwmark == 0) text += fmt::format("    protocol {}\n", protocol_word(service.key.protocol));
    text += fmt::format("    lvs_sched {}\n{}    lvs_method {}\n", service.scheduler, flags(service), method);
    text += persistence(service);
    if (!service.persistence_engine.empty()) text += fmt::format("    persistence_engine {}\n", service.persistence_engine);
    if (service.one_packet) text += "    ops\n";
    for (const model::Server& server : service.servers) text += server_block(server, method);
    return text + "}\n";
}

std::string globals(const model::Cluster& cluster) {
    if (cluster.timeouts == model::Timeouts{}) return {};
    const auto& [tcp, tcp_fin, udp] = cluster.timeouts;
    return fmt::format("global_defs {{\n    lvs_timeouts tcp {} tcpfin {} udp {}\n}}\n", tcp.count(), tcp_fin.count(),
                       udp.count());
}

}  // namespace

std::string print(const model::Cluster& cluster) {
    std::string text = globals(cluster);
    for (const model::Service& service : cluster.services) text += (text.empty() ? "" : "\n") + service_block(service);
    return text;
}

}  // namespace lvx::config::keepalived
