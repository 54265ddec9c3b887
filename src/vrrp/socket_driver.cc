#include "vrrp/socket_driver.hh"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lvx::vrrp {

namespace {

template <class T>
Result<void> set(const Fd& socket, int level, int option, const T& value, const char* what) {
    if (::setsockopt(socket.get(), level, option, &value, sizeof value) != 0)
        return refusal(std::string("cannot set ") + what + " of a VRRP socket", errno);
    return {};
}

in_addr kernel_v4(const Address& address) { return {htonl(address.v4_value())}; }

in6_addr kernel_v6(const Address& address) {
    in6_addr result{};
    std::ranges::copy(address.mapped(), result.s6_addr);
    return result;
}

Address from_v4(const in_addr& address) { return Address::v4(ntohl(address.s_addr)); }

Address from_v6(const in6_addr& address) {
    std::array<std::uint8_t, 16> bytes;
    std::ranges::copy(address.s6_addr, bytes.begin());
    return Address::v6(bytes);
}

Result<void> prepare_v4(const Fd& socket, const PortKey& key, std::uint32_t ifindex) {
    if (key.protocol != ip_protocol) TRY(set(socket, IPPROTO_IP, IP_HDRINCL, int{1}, "sending of headers"));
    TRY(set(socket, IPPROTO_IP, IP_TTL, int{required_ttl}, "the TTL"));
    TRY(set(socket, IPPROTO_IP, IP_MULTICAST_TTL, int{required_ttl}, "the multicast TTL"));
    TRY(set(socket, IPPROTO_IP, IP_MULTICAST_LOOP, int{0}, "multicast loop"));
    TRY(set(socket, IPPROTO_IP, IP_TOS, int{traffic_class}, "the traffic class"));
    TRY(set(socket, IPPROTO_IP, IP_RECVTTL, int{1}, "telling the TTL"));
    TRY(set(socket, IPPROTO_IP, IP_PKTINFO, int{1}, "telling the destination"));
    TRY(set(socket, IPPROTO_IP, IP_MULTICAST_ALL, int{0}, "other sockets' groups"));
    if (!key.group) return {};
    const ip_mreqn request{.imr_multiaddr = kernel_v4(*key.group), .imr_address = {}, .imr_ifindex = static_cast<int>(ifindex)};
    TRY(set(socket, IPPROTO_IP, IP_MULTICAST_IF, request, "the multicast interface"));
    return set(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, request, "the multicast group");
}

Result<void> prepare_v6(const Fd& socket, const PortKey& key, std::uint32_t ifindex) {
    TRY(set(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, int{required_ttl}, "the hop limit"));
    TRY(set(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, int{required_ttl}, "the multicast hop limit"));
    TRY(set(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, int{0}, "multicast loop"));
    TRY(set(socket, IPPROTO_IPV6, IPV6_TCLASS, int{traffic_class}, "the traffic class"));
    TRY(set(socket, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, int{1}, "telling the hop limit"));
    TRY(set(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, int{1}, "telling the destination"));
    // A VMAC device sends from the link-local address of the interface below it.
    TRY(set(socket, IPPROTO_IPV6, IPV6_FREEBIND, int{1}, "a source of another interface"));
    if (!key.group) return {};
    const ipv6_mreq request{.ipv6mr_multiaddr = kernel_v6(*key.group), .ipv6mr_interface = ifindex};
    TRY(set(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(ifindex), "the multicast interface"));
    return set(socket, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, request, "the multicast group");
}

// A raw IPv4 socket delivers the IP header, too; its length is in its first byte.
std::optional<std::span<const std::uint8_t>> without_header(std::span<const std::uint8_t> bytes, Family family) {
    if (family == Family::v6) return bytes;
    if (bytes.size() < sizeof(iphdr)) return std::nullopt;
    const std::size_t header = static_cast<std::size_t>(bytes[0] & 0x0f) * 4;
    const std::size_t total = static_cast<std::size_t>(bytes[2] << 8 | bytes[3]);
    if (header < sizeof(iphdr) || header > bytes.size() || total < header) return std::nullopt;
    return bytes.subspan(header);
}

struct Sender {
    sockaddr_storage address{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))> control{};
};

void read_control(msghdr& message, Packet& packet) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        const bool ttl = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TTL) ||
                         (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT);
        if (ttl) std::memcpy(&packet.ttl, CMSG_DATA(part), sizeof packet.ttl);
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            in_pktinfo information;
            std::memcpy(&information, CMSG_DATA(part), sizeof information);
            packet.route.destination = from_v4(information.ipi_addr);
            packet.ifindex = static_cast<std::uint32_t>(information.ipi_ifindex);
        }
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo information;
            std::memcpy(&information, CMSG_DATA(part), sizeof information);
            packet.route.destination = from_v6(information.ipi6_addr);
            packet.ifindex = information.ipi6_ifindex;
        }
    }
}

template <class T>
cmsghdr* put_control(msghdr& message, cmsghdr* part, int level, int type, const T& value) {
    part->cmsg_level = level;
    part->cmsg_type = type;
    part->cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(CMSG_DATA(part), &value, sizeof value);
    return CMSG_NXTHDR(&message, part);
}

socklen_t put_destination(sockaddr_storage& to, const Address& address, std::uint32_t ifindex) {
    if (address.is_v4()) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(to);
        v4.sin_family = AF_INET;
        v4.sin_addr = kernel_v4(address);
        return sizeof v4;
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = kernel_v6(address);
    v6.sin6_scope_id = ifindex;
    return sizeof v6;
}

}  // namespace

Result<Port> Port::open(const PortKey& key, std::uint32_t ifindex, int receive_buffer) {
    const int family = key.family == Family::v4 ? AF_INET : AF_INET6;
    Fd socket(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, key.protocol));
    if (!socket.valid()) return refusal("cannot open a VRRP socket", errno);
    if (!key.interface.empty() &&
        ::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, key.interface.data(), static_cast<socklen_t>(key.interface.size())) != 0)
        return refusal("cannot bind a VRRP socket to " + key.interface, errno);
    constexpr int internet_control = 6;
    TRY(set(socket, SOL_SOCKET, SO_PRIORITY, internet_control, "the priority"));
    if (receive_buffer != 0) TRY(set(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer, "the receive buffer"));
    TRY(key.family == Family::v4 ? prepare_v4(socket, key, ifindex) : prepare_v6(socket, key, ifindex));
    return Port(std::move(socket), key.family, ifindex);
}

Result<void> Port::send(std::span<const std::uint8_t> bytes, const Route& route, std::uint8_t ttl) const {
    Sender to;
    iovec data{.iov_base = const_cast<std::uint8_t*>(bytes.data()), .iov_len = bytes.size()};
    msghdr message{.msg_name = &to.address, .msg_iov = &data, .msg_iovlen = 1, .msg_control = to.control.data(),
                   .msg_controllen = to.control.size()};
    message.msg_namelen = put_destination(to.address, route.destination, ifindex_);
    cmsghdr* part = CMSG_FIRSTHDR(&message);
    const int hops = ttl == 0 ? required_ttl : ttl;
    if (family_ == Family::v4) {
        const in_pktinfo from{.ipi_ifindex = static_cast<int>(ifindex_), .ipi_spec_dst = kernel_v4(route.source), .ipi_addr = {}};
        part = put_control(message, part, IPPROTO_IP, IP_PKTINFO, from);
        put_control(message, part, IPPROTO_IP, IP_TTL, hops);
        message.msg_controllen = CMSG_SPACE(sizeof from) + CMSG_SPACE(sizeof hops);
    } else {
        const in6_pktinfo from{.ipi6_addr = kernel_v6(route.source), .ipi6_ifindex = ifindex_};
        part = put_control(message, part, IPPROTO_IPV6, IPV6_PKTINFO, from);
        put_control(message, part, IPPROTO_IPV6, IPV6_HOPLIMIT, hops);
        message.msg_controllen = CMSG_SPACE(sizeof from) + CMSG_SPACE(sizeof hops);
    }
    if (::sendmsg(socket_.get(), &message, MSG_DONTWAIT) < 0)
        return refusal("cannot send an advertisement to " + route.destination.text(), errno);
    return {};
}

Result<void> Port::send_whole(std::span<const std::uint8_t> packet, const Address& destination) const {
    Sender to;
    const socklen_t length = put_destination(to.address, destination, ifindex_);
    if (::sendto(socket_.get(), packet.data(), packet.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to.address), length) < 0)
        return refusal("cannot send an advertisement to " + destination.text(), errno);
    return {};
}

std::optional<Packet> Port::receive() {
    while (true) {
        Sender from;
        iovec data{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
        msghdr message{.msg_name = &from.address, .msg_namelen = sizeof from.address, .msg_iov = &data, .msg_iovlen = 1,
                       .msg_control = from.control.data(), .msg_controllen = from.control.size()};
        const ssize_t length = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return std::nullopt;
        Packet packet;
        read_control(message, packet);
        packet.route.source = family_ == Family::v4 ? from_v4(reinterpret_cast<const sockaddr_in&>(from.address).sin_addr)
                                                    : from_v6(reinterpret_cast<const sockaddr_in6&>(from.address).sin6_addr);
        const auto bytes = without_header(std::span(buffer_).first(static_cast<std::size_t>(length)), family_);
        if (!bytes) continue;
        packet.bytes = *bytes;
        packet.whole = std::span(buffer_).first(static_cast<std::size_t>(length));
        return packet;
    }
}

}  // namespace lvx::vrrp
