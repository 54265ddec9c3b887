// Pools for tests of this room.
#pragma once

#include "health/instant.hh"
#include "model/watch.hh"

namespace lvx::health::testing {

inline Endpoint real(std::uint32_t number) { return {Address::v4(0x0a000000 + number), 80}; }

inline model::Check tcp_check(const Endpoint& target) {
    return {.target = {.endpoint = target, .bind = {}, .bind_interface = {}}, .timing = {}, .kind = model::TcpCheck{}};
}

inline model::WatchedServer watched(std::uint32_t number) {
    model::WatchedServer server;
    server.endpoint = real(number);
    server.checks.push_back(tcp_check(server.endpoint));
    return server;
}

inline model::Pool pool_of(std::uint32_t servers) {
    model::Pool pool;
    pool.name = "192.168.88.23 80";
    pool.on_down = model::OnDown::reset;
    pool.services.push_back({.address = Address::v4(0xc0a85817), .port = 80});
    for (std::uint32_t i = 0; i < servers; ++i) pool.servers.push_back(watched(i + 2));
    return pool;
}

inline Instant at(std::int64_t milliseconds) { return Instant{} + std::chrono::hours(1) + std::chrono::milliseconds(milliseconds); }

}  // namespace lvx::health::testing
