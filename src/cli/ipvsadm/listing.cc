#include "cli/ipvsadm/listing.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "config/ipvsadm/order.hh"

namespace lvx::cli::ipvsadm {

namespace {

using config::ipvsadm::Columns;

// Names longer than this are cut in front of the columns, IPv4 only.
constexpr std::size_t service_name_limit = 33;
constexpr std::size_t server_name_limit = 28;

constexpr std::string_view plain_server_title = "  -> RemoteAddress:Port";
constexpr std::string_view service_title = "Prot LocalAddress:Port";

std::string_view protocol_word(model::Protocol protocol) {
    switch (protocol) {
        case model::Protocol::ip: return "IP";
        case model::Protocol::tcp: return "TCP";
        case model::Protocol::udp: return "UDP";
        case model::Protocol::sctp: return "SCTP";
    }
    return "?";
}

std::string_view method_word(model::Method method) {
    switch (method) {
        case model::Method::masq: return "Masq";
        case model::Method::local: return "Local";
        case model::Method::tunnel: return "Tunnel";
        case model::Method::route: return "Route";
    }
    return "?";
}

std::string endpoint_name(const Endpoint& endpoint, model::Protocol protocol, const Labels& labels) {
    const std::string host = labels.host(endpoint.address), port = labels.service(endpoint.port, protocol);
    return endpoint.address.is_v4() ? host + ":" + port : "[" + host + "]:" + port;
}

std::string cut(std::string name, Family family, std::size_t limit) {
    if (family == Family::v4 && name.size() > limit) name.resize(limit);
    return name;
}

std::string service_name(const model::ServiceKey& key, const Labels& labels) {
    if (key.fwmark != 0) return fmt::format("FWM  {}{}", key.fwmark, key.address.is_v4() ? "" : " IPv6");
    const std::string name = endpoint_name({key.address, key.port}, key.protocol, labels);
    return fmt::format("{:<4} {}", protocol_word(key.protocol), cut(name, key.family(), service_name_limit));
}

// Servers of a mark have their ports as numbers: the mark's protocol is none in particular.
std::string server_name(const api::ServerSnapshot& server, const model::ServiceKey& key, const Labels& labels) {
    const Endpoint& endpoint = server.server.endpoint;
    return cut(endpoint_name(endpoint, key.protocol, labels), endpoint.address.family(), server_name_limit);
}

// ---- the end of a service's line: scheduler and flags ----

std::string flag_names(const model::Service& service) {
    const bool is_sh = service.scheduler == "sh", is_mh = service.scheduler == "mh";
    const std::array<std::pair<model::SchedulerFlag, std::string_view>, 3> names{{
        {model::flag_1, is_sh ? "sh-fallback" : is_mh ? "mh-fallback" : "flag-1"},
        {model::flag_2, is_sh ? "sh-port" : is_mh ? "mh-port" : "flag-2"},
        {model::flag_3, "flag-3"},
    }};
    std::string text;
    for (const auto& [flag, name] : names) {
        if ((service.scheduler_flags & flag) != 0) text += (text.empty() ? "" : ",") + std::string(name);
    }
    return text;
}

std::string mask_text(std::uint8_t prefix, Family family) {
    if (family == Family::v6) return std::to_string(prefix);
    return Address::v4(prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix)).text();
}

std::string scheduler_and_flags(const model::Service& service) {
    std::string text = service.scheduler;
    if (const std::string flags = flag_names(service); !flags.empty()) text += " (" + flags + ")";
    if (service.persistence) {
        const Family family = service.key.family();
        text += fmt::format(" persistent {}", service.persistence->timeout.count());
        const std::uint8_t whole = family == Family::v4 ? 32 : 128;
        if (service.persistence->prefix != whole) text += " mask " + mask_text(service.persistence->prefix, family);
        if (!service.persistence_engine.empty()) text += " pe " + service.persistence_engine;
    }
    if (service.one_packet) text += " ops";
    return text;
}

// ---- numbers ----

// Nine columns: up to eight digits as they are, larger ones cut to thousands, millions and so on.
std::string number(std::uint64_t value, const List& list) {
    constexpr std::uint64_t kilo = 1'000, mega = 1'000'000, giga = 1'000'000'000, tera = 1'000'000'000'000;
    if (list.exact || value < 100 * mega) return fmt::format(" {:>8}", value);
    if (value < giga) return fmt::format("{:>8}K", value / kilo);
    if (value < 100 * giga) return fmt::format("{:>8}M", value / mega);
    if (value < 100 * tera) return fmt::format("{:>8}G", value / giga);
    return fmt::format("{:>8}T", value / tera);
}

std::string numbers(const api::Traffic& traffic, const List& list) {
    return number(traffic.connections, list) + number(traffic.in_packets, list) + number(traffic.out_packets, list) +
           number(traffic.in_bytes, list) + number(traffic.out_bytes, list);
}

std::string server_rates(const api::Traffic& rates, const List& list) {
    return fmt::format(" {:>8} {:>8} {:>8}", rates.connections, rates.in_packets, rates.out_packets) +
           number(rates.in_bytes, list) + number(rates.out_bytes, list);
}

std::string tunnel_text(const model::Server& server) {
    if (server.method != model::Method::tunnel) return "n/a";
    const model::Tunnel& tunnel = server.tunnel;
    if (tunnel.type == model::TunnelType::ipip) return "ipip";
    const std::string_view checksum = tunnel.checksum == model::TunnelChecksum::full     ? "+c"
                                      : tunnel.checksum == model::TunnelChecksum::remote ? "r+c"
                                                                                         : "-c";
    if (tunnel.type == model::TunnelType::gre) return fmt::format("gre:{}", checksum);
    return fmt::format("gue:{}:{}", tunnel.port, checksum);
}

// ---- one format per set of columns ----

std::string titles(Columns columns) {
    switch (columns) {
        case Columns::plain:
            return fmt::format("{} Scheduler Flags\n{:<33} Forward Weight ActiveConn InActConn\n", service_title, plain_server_title);
        case Columns::tunnel:
            return fmt::format("{} Scheduler Flags\n{:<33} Forward TunnelInfo    Weight ActiveConn InActConn\n", service_title, plain_server_title);
        case Columns::stats:
            return fmt::format("{:<33} {:>8} {:>8} {:>8} {:>8} {:>8}\n{}\n", service_title, "Conns", "InPkts", "OutPkts", "InBytes", "OutBytes", plain_server_title);
        case Columns::rate:
            return fmt::format("{:<33} {:>8} {:>8} {:>8} {:>8} {:>8}\n{}\n", service_title, "CPS", "InPPS", "OutPPS", "InBPS", "OutBPS", plain_server_title);
        case Columns::thresholds:
            return fmt::format("{:<33} {:<10} {:<10} {:<10} {:<10}\n{}\n", service_title, "Uthreshold", "Lthreshold", "ActiveConn", "InActConn", plain_server_title);
        case Columns::persistent_connections:
            return fmt::format("{:<33} {:<9} {:<11} {:<10} {:<10}\n{}\n", service_title, "Weight", "PersistConn", "ActiveConn", "InActConn", plain_server_title);
    }
    return {};
}

std::string service_line(const api::ServiceSnapshot& service, const List& list, const Labels& labels) {
    const std::string name = service_name(service.service.key, labels);
    if (list.columns == Columns::stats) return fmt::format("{:<33}{}\n", name, numbers(service.counters, list));
    if (list.columns == Columns::rate) return fmt::format("{:<33}{}\n", name, numbers(service.rates, list));
    return fmt::format("{} {}\n", name, scheduler_and_flags(service.service));
}

std::string server_columns(const api::ServerSnapshot& server, const List& list) {
    const model::Server& real = server.server;
    switch (list.columns) {
        case Columns::plain:
            return fmt::format(" {:<7} {:<6} {:<10} {:<10}", method_word(real.method), real.weight, server.active, server.inactive);
        case Columns::tunnel:
            return fmt::format(" {:<7} {:<13} {:<6} {:<10} {:<10}", method_word(real.method), tunnel_text(real), real.weight, server.active, server.inactive);
        case Columns::stats: return numbers(server.counters, list);
        case Columns::rate: return server_rates(server.rates, list);
        case Columns::thresholds:
            return fmt::format(" {:<10} {:<10} {:<10} {:<10}", real.upper_threshold, real.lower_threshold, server.active, server.inactive);
        case Columns::persistent_connections:
            return fmt::format(" {:<9} {:<11} {:<10} {:<10}", real.weight, server.persistent, server.active, server.inactive);
    }
    return {};
}

std::string service_block(const api::ServiceSnapshot& service, const List& list, const Labels& labels) {
    std::string text = service_line(service, list, labels);
    std::vector<api::ServerSnapshot> servers = service.servers;
    std::ranges::reverse(servers);  // IPVS keeps the newest at the head
    if (list.sorted) {
        servers = config::ipvsadm::sorted_by(std::move(servers), [](const api::ServerSnapshot& one) { return one.server.endpoint; });
    }
    for (const api::ServerSnapshot& server : servers) {
        text += fmt::format("  -> {:<28}{}\n", server_name(server, service.service.key, labels), server_columns(server, list));
    }
    return text;
}

}  // namespace

std::string list_services(const api::ServicesSnapshot& snapshot, const List& list, const Labels& labels) {
    std::string text;
    if (!list.service) text = fmt::format("IP Virtual Server version 1.2.1 (size={})\n", snapshot.table_size);
    text += titles(list.columns);
    const auto key = [](const api::ServiceSnapshot& one) -> const model::ServiceKey& { return one.service.key; };
    const auto services = list.sorted ? config::ipvsadm::sorted_by(snapshot.services, key) : snapshot.services;
    for (const api::ServiceSnapshot& service : services) {
        if (!list.service || *list.service == service.service.key) text += service_block(service, list, labels);
    }
    return text;
}

std::string connections_title(const List& list) {
    return list.persistence_data
               ? "IPVS connection entries\npro expire state       source             virtual            destination        pe name          pe_data\n"
               : "IPVS connection entries\npro expire state       source             virtual            destination\n";
}

std::string connection_line(const api::ConnectionSnapshot& connection, const Labels& labels) {
    const auto name = [&](const Endpoint& endpoint) { return endpoint_name(endpoint, connection.protocol, labels); };
    const std::string expires = fmt::format("{:02}:{:02}", connection.expires_s / 60, connection.expires_s % 60);
    return fmt::format("{:<3} {:<6} {:<11} {:<18} {:<18} {}\n", protocol_word(connection.protocol), expires, connection.state,
                       name(connection.client), name(connection.virtual_service), name(connection.server));
}

std::string timeouts_line(const model::Timeouts& timeouts) {
    return fmt::format("Timeout (tcp tcpfin udp): {} {} {}\n", timeouts.tcp.count(), timeouts.tcp_fin.count(), timeouts.udp.count());
}

}  // namespace lvx::cli::ipvsadm
