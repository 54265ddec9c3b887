// Random clusters for property tests: everything the two languages can say, and nothing that either cannot.
#pragma once

#include <rapidcheck.h>

#include <algorithm>

#include "model/model.hh"

namespace lvx::config {

inline Address random_address(Family family) {
    if (family == Family::v4) {
        return Address::v4(*rc::gen::inRange<std::uint32_t>(0x01000000, 0xdfffffff));
    }
    std::array<std::uint8_t, 16> bytes = {0xfd};
    for (std::size_t i = 10; i < 16; ++i) bytes[i] = *rc::gen::inRange<std::uint8_t>(0, 4);
    return Address::v6(bytes);
}

inline model::ServiceKey random_key() {
    const Family family = *rc::gen::element(Family::v4, Family::v6);
    if (*rc::gen::inRange(0, 4) == 0) {
        const Address any = family == Family::v4 ? Address{} : Address::v6({});
        return {.protocol = model::Protocol::ip, .address = any, .fwmark = *rc::gen::inRange<std::uint32_t>(1, 0xffffffff)};
    }
    return {.protocol = *rc::gen::element(model::Protocol::tcp, model::Protocol::udp, model::Protocol::sctp),
            .address = random_address(family), .port = *rc::gen::inRange<Port>(0, 65535)};
}

inline model::Tunnel random_tunnel() {
    using enum model::TunnelChecksum;
    switch (*rc::gen::inRange(0, 3)) {
        case 0: return {};
        case 1: return {model::TunnelType::gue, *rc::gen::inRange<Port>(1, 65535), *rc::gen::element(none, full, remote)};
        default: return {model::TunnelType::gre, 0, *rc::gen::element(none, full)};
    }
}

inline model::Server random_server(const model::ServiceKey& key) {
    model::Server server{.method = *rc::gen::element(model::Method::masq, model::Method::route, model::Method::tunnel),
                         .weight = *rc::gen::inRange<std::uint32_t>(0, 0x7fffffff),
                         .upper_threshold = *rc::gen::inRange<std::uint32_t>(0, 0x7fffffff)};
    server.lower_threshold = *rc::gen::inRange<std::uint32_t>(0, server.upper_threshold + 1);
    if (server.method == model::Method::tunnel) server.tunnel = random_tunnel();
    const bool any_family = server.method == model::Method::tunnel && *rc::gen::arbitrary<bool>();
    const Family other = key.family() == Family::v4 ? Family::v6 : Family::v4;
    server.endpoint.address = random_address(any_family ? other : key.family());
    const bool own_port = server.method == model::Method::masq;
    server.endpoint.port = own_port ? *rc::gen::inRange<Port>(1, 65535) : key.port;
    return server;
}

inline model::Service random_service(const model::ServiceKey& key) {
    model::Service service{.key = key, .scheduler = *rc::gen::element<std::string>("rr", "wrr", "lc", "wlc", "sh", "mh", "none")};
    service.scheduler_flags = static_cast<std::uint8_t>(*rc::gen::inRange(0, 8) << 3);
    const bool by_mark = key.fwmark != 0;
    if (*rc::gen::arbitrary<bool>() || (!by_mark && key.port == 0)) {
        const bool v4 = key.address.is_v4();
        service.persistence = model::Persistence{
            .timeout = std::chrono::seconds{*rc::gen::inRange(1, 2678400)},
            .prefix = *rc::gen::inRange<std::uint8_t>(v4 ? 0 : 1, v4 ? 33 : 129)};
    }
    service.one_packet = (by_mark || key.protocol == model::Protocol::udp) && *rc::gen::arbitrary<bool>();
    if (*rc::gen::inRange(0, 4) == 0) service.persistence_engine = "sip";
    const int servers = *rc::gen::inRange(0, 5);
    for (int i = 0; i < servers; ++i) {
        const model::Server server = random_server(key);
        const auto same = [&](const model::Server& one) { return one.endpoint == server.endpoint; };
        if (std::ranges::none_of(service.servers, same)) service.servers.push_back(server);
    }
    return service;
}

inline model::Cluster random_cluster() {
    model::Cluster cluster;
    for (auto* field : {&cluster.timeouts.tcp, &cluster.timeouts.tcp_fin, &cluster.timeouts.udp}) {
        *field = std::chrono::seconds{*rc::gen::inRange(1, 2678400)};
    }
    const int services = *rc::gen::inRange(0, 6);
    for (int i = 0; i < services; ++i) {
        const model::ServiceKey key = random_key();
        if (cluster.find(key) == nullptr) cluster.services.push_back(random_service(key));
    }
    return cluster;
}

}  // namespace lvx::config
