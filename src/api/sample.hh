// A small cluster as snapshots, for tests: the classic lab with one connection.
#pragma once

#include "api/fake_director.hh"
#include "api/vrrp.hh"

namespace lvx::api {

[[nodiscard]] inline Endpoint sample_endpoint(std::string_view address, Port port) {
    return {Address::parse(address).value_or(Address()), port};
}

[[nodiscard]] inline ServicesSnapshot sample_services() {
    ServicesSnapshot result{.table_size = 4096};
    ServiceSnapshot service;
    service.service = {.key = {.address = *Address::parse("192.168.88.23"), .port = 80}, .scheduler = "wrr",
                       .scheduler_flags = model::flag_1, .persistence = model::Persistence{std::chrono::seconds{60}, 24}};
    service.counters = {.connections = 7, .in_packets = 70, .out_packets = 71, .in_bytes = 7000, .out_bytes = 18446744073709551615ULL};
    service.rates = {.connections = 1};
    ServerSnapshot server;
    server.server = {.endpoint = sample_endpoint("10.0.0.2", 80), .weight = 3, .upper_threshold = 9, .lower_threshold = 4};
    server.active = 4;
    server.inactive = 2;
    server.persistent = 1;
    server.answers = {.timed = 12, .average_us = 340, .longest_us = 4100, .total_us = 4500};
    server.neighbour = "52:54:00:12:34:56 on eth1";
    service.servers.push_back(server);
    server.server = {.endpoint = sample_endpoint("fd00::2", 8080), .method = model::Method::tunnel, .weight = 0,
                     .tunnel = {model::TunnelType::gue, 6080, model::TunnelChecksum::remote}};
    service.servers.push_back(server);
    result.services.push_back(service);
    return result;
}

[[nodiscard]] inline ConnectionSnapshot sample_connection(Port client_port) {
    return {.state = "ESTABLISHED", .expires_s = 899, .client = sample_endpoint("192.168.88.21", client_port),
            .virtual_service = sample_endpoint("192.168.88.23", 80), .server = sample_endpoint("10.0.0.2", 80)};
}

[[nodiscard]] inline StatusSnapshot sample_status() {
    return {.version = "0.1.0", .kernel = "6.1.0", .instance = "default", .pid = 812, .uptime_s = 3600,
            .configuration_file = "/etc/lvx/lvx.conf", .configuration_state = "loaded", .generation = 3, .adopted = true,
            .connections = 1, .capacity = 1000, .table_bytes = 96000, .services = 1, .servers = 2, .interfaces = 1,
            .packets = 100, .sent = 90, .dropped = 1, .problems = {"10.0.0.3 does not answer ARP on eth1"}};
}

[[nodiscard]] inline FakeDirector sample_director() {
    FakeDirector director;
    director.status_value = sample_status();
    director.services_value = sample_services();
    director.connections_value = {sample_connection(40001), sample_connection(40002), sample_connection(40003)};
    director.verdicts_value = {
        {.name = "not_ours", .kind = "pass", .sentence = "neither to a virtual service nor from a real server", .interface = "eth0", .packets = 9, .bytes = 900},
        {.name = "no_neighbour", .kind = "dropped", .sentence = "the next hop's MAC is not known", .interface = "eth0", .packets = 1, .bytes = 60},
        {.name = "no_route", .kind = "dropped", .sentence = "no route back to the client", .interface = "eth0"}};
    director.checks_value = {
        .checks = {{.pool = "tcp/192.168.88.23:80", .server = "10.0.0.2:80", .kind = "HTTP_GET", .target = "10.0.0.2:80/health", .state = "down",
                    .result = "status 503, wanted 200-299", .since_s = 75, .next_ms = 1500, .runs = 40, .failures = 3, .last_us = 812}},
        .servers = {{.pool = "tcp/192.168.88.23:80", .server = "10.0.0.2:80", .state = "down", .reason = "status 503, wanted 200-299", .since_s = 75,
                     .answers = {.timed = 12, .average_us = 340, .longest_us = 4100, .total_us = 4500}}}};
    director.interfaces_value = {{.name = "eth0", .ifindex = 2, .hook = "xdp native", .reason = "driver virtio_net has native XDP",
                                  .role = "virtual 192.168.88.23", .mac = "52:54:00:00:00:01", .mtu = 1500, .packets = 100, .sent = 90, .dropped = 1}};
    return director;
}

[[nodiscard]] inline VrrpSnapshot sample_vrrp() {
    return {.configured = true, .realtime = true, .lease_us = 20'000, .announcements = 12, .longest_gap_us = 10'250,
            .instances = {{.name = "VI_1", .interface = "eth0", .group = "VG", .vrid = 51, .version = 3, .state = "MASTER", .why = "nobody else advertises",
                           .since_ms = 90'000, .base_priority = 200, .priority = 180, .paths = {{"eth0", true}, {"eth2 to 10.9.0.2", false}},
                           .addresses_held = 2, .counts = {{"advert_sent", "advertisements sent", 9000}, {"wrong_ttl", "refused: TTL", 1}}}},
            .tracked = {{"file", "score", -20}, {"script", "check_web", 1}}};
}

[[nodiscard]] inline BfdSessions sample_bfd() {
    return {{.name = "other", .neighbour = "10.9.0.2", .state = "Up", .transmit_us = 3000, .detect_us = 9000, .sent = 100, .received = 99, .discarded = 1, .ups = 2, .downs = 1}};
}

[[nodiscard]] inline WorkCounts sample_work() {
    return {.checks = {{"", "postponed", 3}}, .maintenance_names_left_out = 6, .notifications = {{"notices", "told", 4}, {"fifo", "lines_lost", 1}}, .scripts = {{"notify", "started", 3}}, .bfd_refused = {{"", "wrong_ttl", 2}}};
}

}  // namespace lvx::api
