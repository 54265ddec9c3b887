// An Endpoint as the socket calls want it, and back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "base/address.hh"

namespace lvx {

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

// What accept and recvfrom filled in.  An IPv4 peer of an IPv6 socket is IPv4.
inline Endpoint endpoint_of(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof v4);
        return {Address::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return {Address::from_mapped(bytes), ntohs(v6.sin6_port)};
}

}  // namespace lvx
