#include "net/watcher.hh"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "net/driver_name.hh"
#include "net/netlink_message.hh"
#include "net/netlink_socket.hh"

namespace lvx::net {

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;    // the kernel fills at most 32 KiB of a dump at a time
constexpr int notification_queue_bytes = 4 << 20;  // some ten thousand notifications
constexpr int interrupted_dumps = 8;               // a table that changes faster than it can be read is taken as it is
constexpr std::size_t batches_at_once = 256;       // of notifications, before the loop gets its turn again

constexpr std::array groups = {RTNLGRP_LINK,        RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                               RTNLGRP_IPV4_ROUTE,  RTNLGRP_IPV6_ROUTE,  RTNLGRP_NEIGH};

Result<Fd> open_notifications() {
    Fd socket = TRY(open_netlink());
    // Without CAP_NET_ADMIN the queue keeps its usual size, and overruns come sooner.
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &notification_queue_bytes, sizeof(int)) != 0)
        (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &notification_queue_bytes, sizeof(int));
    for (const int group : groups)
        if (::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
            return refusal("cannot follow netlink group " + std::to_string(group), errno);
    return socket;
}

using Buffer = std::vector<std::uint8_t>;

// The next datagram from the kernel; empty when `flags` has MSG_DONTWAIT and none waits.
Result<std::span<const std::uint8_t>> receive(const Fd& socket, Buffer& buffer, int flags) {
    while (true) {
        sockaddr_nl sender{};
        socklen_t sender_size = sizeof sender;
        const ssize_t length = ::recvfrom(socket.get(), buffer.data(), buffer.size(), flags,
                                          reinterpret_cast<sockaddr*>(&sender), &sender_size);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && errno == EAGAIN) return std::span<const std::uint8_t>();
        if (length < 0) return refusal("cannot read from netlink", errno);
        if (sender.nl_pid != 0) continue;  // another process pretends
        return std::span<const std::uint8_t>(buffer.data(), static_cast<std::size_t>(length));
    }
}

// Calls `visit` for each message until it returns false.
template <class Visit>
void each_message(std::span<const std::uint8_t> datagram, Visit visit) {
    int left = static_cast<int>(datagram.size());
    const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        if (!visit(*message)) return;
}

std::span<const std::uint8_t> bytes_of(const nlmsghdr& message) {
    return {reinterpret_cast<const std::uint8_t*>(&message), message.nlmsg_len};
}

// Devices of a kind ("veth") are named by it; only hardware is asked for its driver.
void add_driver(Event& event) {
    auto* set = std::get_if<LinkSet>(&event);
    if (set != nullptr && set->link.kind.empty() && !set->link.loopback) set->link.driver = driver_name(set->link.name);
}

std::optional<Event> event_of(const nlmsghdr& message) {
    std::optional<Event> event = parse_event(bytes_of(message));
    if (event) add_driver(*event);
    return event;
}

// 0, or the errno an NLMSG_ERROR carries.
int error_of(const nlmsghdr& message) {
    if (message.nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(&message) < sizeof(nlmsgerr)) return 0;
    return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message))->error;
}

Result<void> send_message(const Fd& socket, const nlmsghdr& message) {
    if (::send(socket.get(), &message, message.nlmsg_len, 0) < 0) return refusal("cannot write to netlink", errno);
    return {};
}

// RTM_NEWNEIGH without NLM_F_CREATE confirms what exists; with it and NTF_USE the kernel starts to resolve.
nlmsghdr* neighbour_message(Buffer& buffer, const Solicitation& solicitation, std::uint32_t sequence) {
    const bool resolve = solicitation.question == Question::resolve;
    nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
    header->nlmsg_type = RTM_NEWNEIGH;
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | (resolve ? NLM_F_CREATE : NLM_F_REPLACE));
    header->nlmsg_seq = sequence;
    auto* body = static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ndmsg)));
    const Address& address = solicitation.key.address;
    body->ndm_family = address.is_v4() ? AF_INET : AF_INET6;
    body->ndm_ifindex = static_cast<int>(solicitation.key.ifindex);
    body->ndm_state = resolve ? NUD_NONE : NUD_PROBE;
    body->ndm_flags = resolve ? NTF_USE : 0;
    const std::uint8_t* bytes = address.mapped().data();
    mnl_attr_put(header, NDA_DST, address.is_v4() ? 4 : 16, address.is_v4() ? bytes + 12 : bytes);
    return header;
}

}  // namespace

Result<Watcher> Watcher::open() {
    Fd notifications = TRY(open_notifications());
    Fd requests = TRY(open_netlink());
    Watcher watcher(std::move(notifications), std::move(requests));
    watcher.world_ = TRY(watcher.read_world());
    return watcher;
}

Result<World> Watcher::read_world() {
    World world;
    for (const std::uint16_t type : {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH}) TRY(read_kind(type, world));
    return world;
}

Result<void> Watcher::read_kind(std::uint16_t type, World& into) {
    for (int attempt = 1;; ++attempt) {
        World fresh = into;
        const bool whole = TRY(read_kind_once(type, fresh));
        if (!whole && attempt < interrupted_dumps) continue;
        into = std::move(fresh);
        return {};
    }
}

// False when the kernel says that the table changed while it was read (NLM_F_DUMP_INTR).
Result<bool> Watcher::read_kind_once(std::uint16_t type, World& into) {
    Buffer buffer(buffer_bytes);
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = ++sequence_;
    mnl_nlmsg_put_extra_header(request, type == RTM_GETLINK ? sizeof(ifinfomsg) : sizeof(rtmsg));
    TRY(send_message(requests_, *request));

    bool done = false, whole = true;
    int error = 0;
    while (!done) {
        const auto datagram = TRY(receive(requests_, buffer, 0));
        each_message(datagram, [&](const nlmsghdr& message) {
            if (message.nlmsg_seq != sequence_) return true;
            whole = whole && (message.nlmsg_flags & NLM_F_DUMP_INTR) == 0;
            error = error_of(message);
            done = message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR;
            if (done) return false;
            if (const auto event = event_of(message)) (void)apply(into, *event);
            return true;
        });
    }
    if (error != 0) return refusal("cannot read the machine's network over netlink", error);
    return whole;
}

Result<bool> Watcher::reread_routes() {
    World fresh = world_;
    fresh.routes.clear();
    TRY(read_kind(RTM_GETROUTE, fresh));
    if (fresh.routes == world_.routes) return false;
    world_.routes = std::move(fresh.routes);
    return true;
}

Result<Watcher::Batch> Watcher::read_notifications() {
    Buffer buffer(buffer_bytes);
    Batch batch;
    for (std::size_t i = 0; i < batches_at_once; ++i) {
        const auto datagram = receive(notifications_, buffer, MSG_DONTWAIT);
        if (!datagram && datagram.error().code == ENOBUFS) {
            batch.overrun = true;
            continue;
        }
        if (!datagram) return std::unexpected(datagram.error());
        if (datagram->empty()) return batch;
        each_message(*datagram, [&](const nlmsghdr& message) {
            const auto event = event_of(message);
            const Applied applied = event ? apply(world_, *event) : Applied{};
            batch.changed = batch.changed || applied.changed;
            batch.routes_uncertain = batch.routes_uncertain || applied.routes_uncertain;
            return true;
        });
    }
    return batch;
}

Result<bool> Watcher::drain() {
    const Batch batch = TRY(read_notifications());
    if (batch.overrun) {
        ++overruns_;
        World fresh = TRY(read_world());
        const bool changed = batch.changed || fresh != world_;
        world_ = std::move(fresh);
        return changed;
    }
    const bool rerouted = batch.routes_uncertain ? TRY(reread_routes()) : false;
    return batch.changed || rerouted;
}

void Watcher::solicit(std::span<const Solicitation> solicitations) {
    Buffer buffer(buffer_bytes);
    for (const Solicitation& solicitation : solicitations) {
        const nlmsghdr* message = neighbour_message(buffer, solicitation, ++sequence_);
        if (!send_message(requests_, *message)) {
            ++refused_solicitations_;
            continue;
        }
        const auto answer = receive(requests_, buffer, 0);
        if (!answer) ++refused_solicitations_;
        else each_message(*answer, [&](const nlmsghdr& each) {
            const int error = error_of(each);
            if (error != 0 && error != ENOENT) ++refused_solicitations_;
            return true;
        });
    }
}

}  // namespace lvx::net
