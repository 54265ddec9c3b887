#include "bfd/sockets.hh"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/socket_address.hh"

namespace lvx::bfd {

namespace {

constexpr int class_selector_6 = 0xc0;  // network control
constexpr int source_port_tries = 16;
constexpr std::uint16_t source_ports = 16384;

Result<void> set(const Fd& socket, int level, int option, int value) {
    if (::setsockopt(socket.get(), level, option, &value, sizeof value) != 0) return refusal("cannot set up a BFD socket", errno);
    return {};
}

Result<Fd> new_socket(Family family) {
    Fd socket(::socket(family == Family::v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return refusal("cannot make a BFD socket", errno);
    if (family == Family::v6) TRY(set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    return socket;
}

Result<void> bind_source(const Fd& socket, const model::BfdInstance& form, std::uint16_t chance) {
    const Address any = form.neighbour.is_v4() ? Address() : Address::v6({});
    for (int attempt = 0; attempt < source_port_tries; ++attempt) {
        const auto port = static_cast<std::uint16_t>(first_source_port + (chance + attempt) % source_ports);
        const SocketAddress source = socket_address({form.source.value_or(any), port});
        if (::bind(socket.get(), source.get(), source.size) == 0) return {};
        if (errno != EADDRINUSE) break;
    }
    return refusal("cannot bind the source of BFD session " + form.name, errno);
}

std::uint8_t ttl_in(msghdr& message) {
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
        const bool v4 = each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_TTL;
        const bool v6 = each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_HOPLIMIT;
        if (!v4 && !v6) continue;
        int ttl = 0;
        std::memcpy(&ttl, CMSG_DATA(each), sizeof ttl);
        return static_cast<std::uint8_t>(ttl);
    }
    return 0;
}

}  // namespace

std::uint8_t ttl_of(const model::BfdInstance& form) { return form.ttl.value_or(full_ttl); }

bool too_far(const model::BfdInstance& form, std::uint8_t ttl) {
    return form.max_hops != any_hops && int{ttl} < int{ttl_of(form)} - int{form.max_hops};
}

Result<Fd> open_receiver(Family family, std::uint16_t port) {
    Fd socket = TRY(new_socket(family));
    const bool v4 = family == Family::v4;
    TRY(set(socket, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1));
    const SocketAddress any = socket_address({v4 ? Address() : Address::v6({}), port});
    if (::bind(socket.get(), any.get(), any.size) == 0) return socket;
    return refusal(fmt::format("cannot listen for BFD on UDP port {}", port), errno,
                   errno == EADDRINUSE ? "another BFD daemon is running on this machine" : "");
}

Result<Fd> open_sender(const model::BfdInstance& form, std::uint16_t chance) {
    Fd socket = TRY(new_socket(form.neighbour.family()));
    const bool v4 = form.neighbour.is_v4();
    TRY(set(socket, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TTL : IPV6_UNICAST_HOPS, ttl_of(form)));
    TRY(set(socket, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, class_selector_6));
    TRY(bind_source(socket, form, chance));
    const SocketAddress neighbour = socket_address({form.neighbour, form.multihop ? multihop_port : single_hop_port});
    if (::connect(socket.get(), neighbour.get(), neighbour.size) != 0) return refusal("cannot reach the neighbour of BFD session " + form.name, errno);
    return socket;
}

std::optional<Datagram> receive(const Fd& receiver, std::span<std::uint8_t> buffer) {
    sockaddr_storage from{};
    iovec bytes{.iov_base = buffer.data(), .iov_len = buffer.size()};
    alignas(cmsghdr) std::array<char, 128> control{};
    msghdr message{.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &bytes, .msg_iovlen = 1,
                   .msg_control = control.data(), .msg_controllen = control.size(), .msg_flags = 0};
    const ssize_t got = ::recvmsg(receiver.get(), &message, MSG_DONTWAIT);
    if (got < 0) return std::nullopt;
    return Datagram{endpoint_of(from).address, ttl_in(message), buffer.first(static_cast<std::size_t>(got))};
}

}  // namespace lvx::bfd
