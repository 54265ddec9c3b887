#include "config/ipvsadm/print.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/ipvsadm/order.hh"

namespace lvx::config::ipvsadm {
namespace {

using model::Method;
using model::Protocol;

std::string_view service_option(Protocol protocol) {
    switch (protocol) {
        case Protocol::tcp: return "-t";
        case Protocol::udp: return "-u";
        case Protocol::sctp: return "--sctp-service";
        case Protocol::ip: return "-f";
    }
    return "-f";
}

std::string host_and_port(const Endpoint& endpoint, Protocol protocol, const Labels& labels) {
    const std::string host = labels.host(endpoint.address);
    const bool bare_v6 = !endpoint.address.is_v4() && host.find(':') != std::string::npos;
    return fmt::format("{}:{}", bare_v6 ? "[" + host + "]" : host, labels.service(endpoint.port, protocol));
}

std::string service_words(const model::ServiceKey& key, const Labels& labels) {
    if (key.fwmark != 0) return fmt::format("-f {}{}", key.fwmark, key.address.is_v4() ? "" : " -6");
    return fmt::format("{} {}", service_option(key.protocol), host_and_port({key.address, key.port}, key.protocol, labels));
}

std::string mask_words(const model::Service& service) {
    const std::uint8_t bits = service.persistence->prefix;
    if (service.key.address.is_v4()) {
        return bits == 32 ? "" : " -M " + Address::v4(bits == 0 ? 0 : 0xffffffffu << (32 - bits)).text();
    }
    return bits == 128 ? "" : fmt::format(" -M {}", bits);
}

std::string flag_words(const model::Service& service) {
    if (service.scheduler_flags == 0) return {};
    const bool named = service.scheduler == "sh" || service.scheduler == "mh";
    const std::array<std::pair<model::SchedulerFlag, std::string>, 3> names = {{
        {model::flag_1, named ? service.scheduler + "-fallback" : "flag-1"},
        {model::flag_2, named ? service.scheduler + "-port" : "flag-2"},
        {model::flag_3, "flag-3"},
    }};
    std::string text;
    for (const auto& [flag, name] : names) {
        if (service.scheduler_flags & flag) text += (text.empty() ? " -b " : ",") + name;
    }
    return text;
}

std::string service_line(const model::Service& service, const Labels& labels) {
    std::string line = fmt::format("-A {} -s {}", service_words(service.key, labels), service.scheduler);
    if (service.persistence) line += fmt::format(" -p {}{}", service.persistence->timeout.count(), mask_words(service));
    if (!service.persistence_engine.empty()) line += " --pe " + service.persistence_engine;
    if (service.one_packet) line += " -o";
    return line + flag_words(service);
}

std::string tunnel_words(const model::Tunnel& tunnel) {
    constexpr std::array<std::string_view, 3> types = {"ipip", "gue", "gre"};
    constexpr std::array<std::string_view, 3> checksums = {" --tun-nocsum", " --tun-csum", " --tun-remcsum"};
    std::string words = fmt::format(" --tun-type {}", types[static_cast<std::size_t>(tunnel.type)]);
    if (tunnel.type == model::TunnelType::gue) words += fmt::format(" --tun-port {}", tunnel.port);
    if (tunnel.type != model::TunnelType::ipip) words += checksums[static_cast<std::size_t>(tunnel.checksum)];
    return words;
}

// Servers of services by mark have numeric ports always, as with the real tool.
std::string server_line(const model::Service& service, const model::Server& server, const Labels& labels) {
    Labels own = labels;
    if (service.key.fwmark != 0) own.service = numeric_labels().service;
    const std::string_view method = server.method == Method::masq ? "-m" : server.method == Method::tunnel ? "-i" : "-g";
    std::string line = fmt::format("-a {} -r {} {} -w {}", service_words(service.key, labels),
                                   host_and_port(server.endpoint, service.key.protocol, own), method, server.weight);
    if (server.method == Method::tunnel) line += tunnel_words(server.tunnel);
    return line;
}

std::string threshold_words(const model::Server& server) {
    std::string words;
    if (server.upper_threshold != 0) words += fmt::format(" -x {}", server.upper_threshold);
    if (server.lower_threshold != 0) words += fmt::format(" -y {}", server.lower_threshold);
    return words;
}

// "-A ..." and "-a ..." with another letter.
std::string relettered(char letter, std::string line) {
    line[1] = letter;
    return line;
}

model::Service header_of(const model::ServiceKey& key) { return {.key = key}; }

struct OperationTeller {
    const Labels& labels;

    std::string operator()(const model::AddService& o) const { return service_line(o.service, labels); }
    std::string operator()(const model::EditService& o) const { return relettered('E', service_line(o.service, labels)); }
    std::string operator()(const model::DeleteService& o) const { return "-D " + service_words(o.key, labels); }
    std::string operator()(const model::AddServer& o) const {
        return server_line(header_of(o.key), o.server, labels) + threshold_words(o.server);
    }
    std::string operator()(const model::EditServer& o) const { return relettered('e', (*this)(model::AddServer{o.key, o.server})); }
    std::string operator()(const model::DeleteServer& o) const {
        return fmt::format("-d {} -r {}", service_words(o.key, labels), host_and_port(o.endpoint, o.key.protocol, labels));
    }
    std::string operator()(const model::Flush&) const { return "-C"; }
    std::string operator()(const model::SetTimeouts& o) const {
        return fmt::format("--set {} {} {}", o.timeouts.tcp.count(), o.timeouts.tcp_fin.count(), o.timeouts.udp.count());
    }
    std::string operator()(const model::Zero& o) const { return o.key ? "-Z " + service_words(*o.key, labels) : "-Z"; }
};

}  // namespace

std::string commands(std::span<const model::Operation> operations) {
    const Labels labels = numeric_labels();
    std::string text;
    for (const model::Operation& each : operations) text += "ipvsadm " + std::visit(OperationTeller{labels}, each) + "\n";
    return text;
}

Labels numeric_labels() {
    return {.host = [](const Address& address) { return address.text(); },
            .service = [](Port port, Protocol) { return std::to_string(port); }};
}

std::string save(const model::Cluster& cluster, const Labels& labels) {
    std::string text;
    for (const model::Service& service : sorted(cluster.services)) {
        text += service_line(service, labels) + "\n";
        // The kernel lists the server added last first.
        std::vector<model::Server> servers = service.servers;
        std::ranges::reverse(servers);
        for (const model::Server& server : sorted(std::move(servers))) text += server_line(service, server, labels) + "\n";
    }
    return text;
}

std::string commands(const model::Cluster& cluster) {
    const Labels labels = numeric_labels();
    std::string text;
    const model::Timeouts& timeouts = cluster.timeouts;
    if (timeouts != model::Timeouts{}) {
        text += fmt::format("ipvsadm --set {} {} {}\n", timeouts.tcp.count(), timeouts.tcp_fin.count(), timeouts.udp.count());
    }
    for (const model::Service& service : cluster.services) {
        text += "ipvsadm " + service_line(service, labels) + "\n";
        for (const model::Server& server : service.servers) {
            text += "ipvsadm " + server_line(service, server, labels) + threshold_words(server) + "\n";
        }
    }
    return text;
}

}  // namespace lvx::config::ipvsadm
