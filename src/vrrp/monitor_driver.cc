#include "vrrp/monitor_driver.hh"

#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "net/netlink_message.hh"
#include "net/netlink_socket.hh"

namespace lvx::vrrp {

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr int queue_bytes = 1 << 20;
constexpr std::size_t datagrams_at_once = 64;  // before adverts get their turn again

constexpr std::array groups = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};
constexpr std::array removal_groups = {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE};

enum class Read { more, done };

bool is_of_routing(const nlmsghdr& message) {
    return message.nlmsg_type == RTM_NEWROUTE || message.nlmsg_type == RTM_DELROUTE || message.nlmsg_type == RTM_NEWRULE || message.nlmsg_type == RTM_DELRULE;
}

// Of a route that carries keepalived's protocol number, or of any rule: rules carry none before Linux 4.17.
bool is_removal(const nlmsghdr& message) {
    if (message.nlmsg_type == RTM_DELRULE) return true;
    if (message.nlmsg_type != RTM_DELROUTE || message.nlmsg_len < NLMSG_LENGTH(sizeof(rtmsg))) return false;
    return static_cast<const rtmsg*>(NLMSG_DATA(&message))->rtm_protocol == RTPROT_KEEPALIVED;
}

// Applies one datagram's messages; done at the end of a dump.
Read apply_all(std::span<const std::uint8_t> datagram, net::World& world, bool& changed, bool& removals) {
    int left = static_cast<int>(datagram.size());
    const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    for (; NLMSG_OK(message, static_cast<unsigned>(left)); message = NLMSG_NEXT(message, left)) {
        if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) return Read::done;
        removals |= is_removal(*message);
        if (is_of_routing(*message)) continue;
        const auto event = net::parse_event({reinterpret_cast<const std::uint8_t*>(message), message->nlmsg_len});
        if (event && net::apply(world, *event).changed) changed = true;
    }
    return Read::more;
}

bool is_link_local(const Address& address) {
    return !address.is_v4() && address.mapped()[0] == 0xfe && (address.mapped()[1] & 0xc0) == 0x80;
}

}  // namespace

Result<Monitor> Monitor::open() {
    Monitor monitor(TRY(net::open_netlink()));
    if (::setsockopt(monitor.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes) != 0)
        (void)::setsockopt(monitor.fd(), SOL_SOCKET, SO_RCVBUF, &queue_bytes, sizeof queue_bytes);
    for (const int group : groups)
        if (::setsockopt(monitor.fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
            return refusal("cannot follow netlink group " + std::to_string(group), errno);
    TRY(monitor.read_all());
    return monitor;
}

Result<void> Monitor::read_all() {
    world_ = {};
    for (const std::uint16_t type : {RTM_GETLINK, RTM_GETADDR}) TRY(read_kind(type));
    return {};
}

Result<void> Monitor::read_kind(std::uint16_t type) {
    const Fd socket = TRY(net::open_netlink());
    struct {
        nlmsghdr header;
        rtgenmsg body;
    } request{};
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body);
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.rtgen_family = AF_UNSPEC;
    if (::send(socket.get(), &request, request.header.nlmsg_len, 0) < 0) return refusal("cannot ask for links and addresses", errno);
    alignas(nlmsghdr) static thread_local std::array<std::uint8_t, buffer_bytes> buffer;
    bool changed = false;
    while (true) {
        const ssize_t length = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return refusal("cannot read links and addresses", errno);
        if (apply_all(std::span(buffer).first(static_cast<std::size_t>(length)), world_, changed, removals_) == Read::done) return {};
    }
}

Result<bool> Monitor::drain() {
    alignas(nlmsghdr) static thread_local std::array<std::uint8_t, buffer_bytes> buffer;
    bool changed = false;
    for (std::size_t i = 0; i < datagrams_at_once; ++i) {
        const ssize_t length = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && errno == EAGAIN) break;
        if (length < 0 && errno == ENOBUFS) {
            TRY(read_all());
            return true;
        }
        if (length < 0) return refusal("cannot follow links and addresses", errno);
        (void)apply_all(std::span(buffer).first(static_cast<std::size_t>(length)), world_, changed, removals_);
    }
    return changed;
}

void Monitor::follow_removals() {
    if (std::exchange(follows_removals_, true)) return;
    for (const int group : removal_groups)
        follows_removals_ &= ::setsockopt(fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
}

const net::Link* Monitor::link(std::string_view name) const {
    for (const auto& [ifindex, link] : world_.links)
        if (link.name == name) return &link;
    return nullptr;
}

std::optional<Address> Monitor::primary(std::uint32_t ifindex, Family family) const {
    for (const net::LocalAddress& local : world_.addresses)
        if (local.ifindex == ifindex && local.address.family() == family && (family == Family::v4 || is_link_local(local.address)))
            return local.address;
    return std::nullopt;
}

bool Monitor::has(std::uint32_t ifindex, const Address& address) const {
    return std::ranges::any_of(world_.addresses, [&](const net::LocalAddress& local) {
        return local.ifindex == ifindex && local.address == address;
    });
}

std::optional<std::uint32_t> Monitor::interface_with(const Address& address) const {
    const auto found = std::ranges::find(world_.addresses, address, &net::LocalAddress::address);
    return found == world_.addresses.end() ? std::nullopt : std::optional(found->ifindex);
}

}  // namespace lvx::vrrp
