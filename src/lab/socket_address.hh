// An Endpoint as the socket calls want it.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "base/address.hh"

namespace lvx::lab {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

inline SocketAddress socket_address(const Endpoint& endpoint) {
    SocketAddress result;
    if (endpoint.address.is_v4()) {
        sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(endpoint.port)};
        v4.sin_addr.s_addr = htonl(endpoint.address.v4_value());
        std::memcpy(&result.storage, &v4, result.size = sizeof v4);
    } else {
        sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(endpoint.port)};
        std::memcpy(&v6.sin6_addr, endpoint.address.mapped().data(), sizeof v6.sin6_addr);
        std::memcpy(&result.storage, &v6, result.size = sizeof v6);
    }
    return result;
}

}  // namespace lvx::lab
