#include "health/check/socket.hh"

#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/ensure.hh"
#include "base/socket_address.hh"

namespace lvx::health {
namespace {

Outcome local(const char* what, int code) { return local_error(fmt::format("{}: {}", what, std::strerror(code))); }

int make(Family family, Transport transport) {
    const int domain = family == Family::v4 ? AF_INET : AF_INET6;
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    if (transport == Transport::stream) return ::socket(domain, SOCK_STREAM | flags, 0);
    if (transport == Transport::datagram) return ::socket(domain, SOCK_DGRAM | flags, 0);
    const int protocol = family == Family::v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    const int unprivileged = ::socket(domain, SOCK_DGRAM | flags, protocol);
    return unprivileged >= 0 ? unprivileged : ::socket(domain, SOCK_RAW | flags, protocol);
}

Got<void> prepare(int socket, const model::CheckTarget& target) {
    if (target.mark != 0 && ::setsockopt(socket, SOL_SOCKET, SO_MARK, &target.mark, sizeof target.mark) != 0) {
        return std::unexpected(local("cannot set the mark", errno));
    }
    const std::string& device = target.bind_interface;
    if (!device.empty() && ::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device.data(), static_cast<socklen_t>(device.size())) != 0) {
        return std::unexpected(local("cannot bind to the interface", errno));
    }
    if (!target.bind) return {};
    Endpoint source = *target.bind;
    if (source.address.family() != target.endpoint.address.family()) source.address = target.endpoint.address.is_v4() ? Address() : Address::v6({});
    if (source.address == Address()) source.address = Address::v4(0);
    constexpr int on = 1;
    if (source.port == 0) (void)::setsockopt(socket, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    else (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const SocketAddress address = socket_address(source);
    if (::bind(socket, address.get(), address.size) != 0) return std::unexpected(local("cannot bind to the source", errno));
    return {};
}

bool is_plain(const model::CheckTarget& target) { return !target.bind && target.bind_interface.empty() && target.mark == 0 && !target.through; }

// The kernel does not acknowledge the SYN-ACK by itself: the reset that follows is the third packet of the check, not the
// fourth, and the server's application is not woken.
void expect_reset(int socket) {
    constexpr int seconds = 1;
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

// Of a socket that was just disconnected: the port that the kernel chose is its own from now on, none is looked for when it
// is connected again.  Where somebody else was quicker the kernel chooses each time.
void hold_port(int socket, Family family, Port port) {
    const SocketAddress own = socket_address({family == Family::v4 ? Address::v4(0) : Address::v6({}), port});
    (void)::bind(socket, own.get(), own.size);
}

Port port_of(int socket) {
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return 0;
    return endpoint_of(bound).port;
}

// What connect() says at once and what is our own machine's doing.
bool is_local(int code) {
    return code == ENETUNREACH || code == EADDRNOTAVAIL || code == EACCES || code == EPERM || code == EINVAL || code == ENOBUFS ||
           code == ENOMEM || code == EAGAIN;
}

Got<void> connect(int socket, Transport transport, const model::CheckTarget& target) {
    const Endpoint to = target.through.value_or(target.endpoint);
    const SocketAddress address = socket_address(transport == Transport::echo ? Endpoint{to.address, 0} : to);
    if (::connect(socket, address.get(), address.size) == 0 || errno == EINPROGRESS) return {};
    const int code = errno;
    return std::unexpected(is_local(code) ? local("cannot connect", code) : refused_by(code));
}

bool watch(int socket, const Probe& probe, int operation, void* mark) {
    epoll_event wanted = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = mark}};
    return ::epoll_ctl(probe.tools->epoll, operation, socket, &wanted) == 0;
}

// A socket of the door's namespace: it stays there, the thread comes back at once.
Got<Fd> make_behind(const Tools& tools, Family family, Transport transport) {
    if (::setns(tools.door.network_namespace, CLONE_NEWNET) != 0) return std::unexpected(local("cannot enter the checks' network namespace", errno));
    Fd socket(make(family, transport));
    const int code = errno;
    // Going on in the wrong namespace would send packets where none may go.
    ensure(::setns(tools.home.get(), CLONE_NEWNET) == 0);
    if (!socket.valid()) return std::unexpected(local("cannot open a socket", code));
    return socket;
}

Got<Endpoint> bind_behind(int socket, const Address& client) {
    const SocketAddress any = socket_address({client, 0});
    if (::bind(socket, any.get(), any.size) != 0) return std::unexpected(local("cannot bind to check_client", errno));
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return std::unexpected(local("cannot read the port of a check", errno));
    return endpoint_of(bound);
}

// A reset ends the connection on both sides at once: nothing of it is left when the data plane forgets it.
void end_by_reset(int socket) {
    constexpr linger reset = {.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

Got<Fd> prepared_behind(Probe& probe, Transport transport) {
    const Tools& tools = *probe.tools;
    const Endpoint& destination = *probe.check->target.through;
    const Door& door = tools.door;
    const auto& client = destination.address.is_v4() ? door.client4 : door.client6;
    if (door.network_namespace < 0 || !client) return std::unexpected(local_error(door.closed.empty() ? "cannot check through the virtual service" : door.closed));
    Fd socket = TRY(make_behind(tools, destination.address.family(), transport));
    if (transport == Transport::stream) end_by_reset(socket.get());
    CheckPassage passage{.service = probe.service, .server = probe.server, .client = TRY(bind_behind(socket.get(), *client)), .destination = destination};
    if (auto begun = door.begin(passage); !begun) {
        probe.postponed = begun.error().code == EBUSY;
        return std::unexpected(local_error(begun.error().sentence()));
    }
    probe.passage = std::move(passage);
    return socket;
}

Got<Fd> prepared_here(const Probe& probe, Transport transport) {
    const model::CheckTarget& target = probe.check->target;
    Fd socket(make(target.endpoint.address.family(), transport));
    if (!socket.valid()) return std::unexpected(local("cannot open a socket", errno));
    if (auto prepared = prepare(socket.get(), target); !prepared) return std::unexpected(prepared.error());
    if (probe.in_crowd && is_plain(target) && std::holds_alternative<model::TcpCheck>(probe.check->kind)) expect_reset(socket.get());
    return socket;
}

Got<Fd> connected_again(Probe& probe) {
    Fd socket = std::move(probe.kept);
    if (auto begun = connect(socket.get(), Transport::stream, probe.check->target); !begun) return std::unexpected(begun.error());
    return socket;
}

}  // namespace

Outcome refused_by(int code) {
    switch (code) {
        case ECONNREFUSED: return failed("connection refused");
        case ECONNRESET: return failed("connection reset");
        case EPIPE: return failed("connection closed by the server");
        case ETIMEDOUT: return failed("no answer");
        case EHOSTUNREACH: return failed("no route to host");
        case ENETUNREACH: return failed("network is unreachable");
        default: return failed(std::strerror(code));
    }
}

std::string too_late(const Probe& probe, const char* what) {
    const auto limit = std::chrono::duration<double>(probe.check->timing.connect_timeout).count();
    return fmt::format("{} within {:g} s", what, limit);
}

Got<Fd> open_socket(Probe& probe, Transport transport) {
    const model::CheckTarget& target = probe.check->target;
    auto socket = target.through ? prepared_behind(probe, transport) : prepared_here(probe, transport);
    if (!socket) return socket;
    if (auto begun = connect(socket->get(), transport, target); !begun) return std::unexpected(begun.error());
    if (!watch(socket->get(), probe, EPOLL_CTL_ADD, &probe)) return std::unexpected(local("cannot wait for a socket", errno));
    return socket;
}

Task<Got<Fd>> connected_socket(Probe& probe) {
    const model::CheckTarget& target = probe.check->target;
    probe.uses_kept = probe.kept.valid() && is_plain(target) && probe.kept_family == target.endpoint.address.family() && probe.in_crowd == probe.tools->crowd;
    probe.in_crowd = probe.tools->crowd;
    auto socket = probe.uses_kept ? connected_again(probe) : open_socket(probe, Transport::stream);
    if (!socket) co_return std::unexpected(socket.error());
    if (!co_await probe.event()) co_return std::unexpected(failed(too_late(probe, "no connection")));
    if ((probe.events & (EPOLLERR | EPOLLHUP)) == 0) co_return std::move(*socket);
    int code = 0;
    socklen_t length = sizeof code;
    (void)::getsockopt(socket->get(), SOL_SOCKET, SO_ERROR, &code, &length);
    if (code != 0) co_return std::unexpected(refused_by(code));
    co_return std::move(*socket);
}

void disconnect_and_keep(Probe& probe, Fd socket) {
    constexpr linger reset = {.l_onoff = 1, .l_linger = 0};
    constexpr sockaddr nobody = {.sa_family = AF_UNSPEC, .sa_data = {}};
    const model::CheckTarget& target = probe.check->target;
    const Family family = target.endpoint.address.family();
    const Port port = probe.in_crowd && !probe.uses_kept ? port_of(socket.get()) : Port{0};
    const bool watched = probe.uses_kept || (is_plain(target) && watch(socket.get(), probe, EPOLL_CTL_MOD, kept_mark(&probe)));
    if (!watched || ::connect(socket.get(), &nobody, sizeof nobody) != 0) {
        (void)::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        return;
    }
    if (port != 0) hold_port(socket.get(), family, port);
    probe.kept = std::move(socket);
    probe.kept_family = family;
}

}  // namespace lvx::health
