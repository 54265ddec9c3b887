#include "lab/held.hh"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lab/namespace.hh"
#include "base/socket_address.hh"

namespace lvx::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t opening_at_once = 256;  // below every backlog
constexpr std::size_t asked_at_once = 512;    // of one step, so that answers are taken in between

void allow_many_sockets() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool watch(const Fd& epoll, int fd, std::uint64_t number) {
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.u64 = number}};
    return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

Result<Fd> begin_connection(const Endpoint& server) {
    Fd socket(::socket(server.address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return refusal("cannot open a socket", errno);
    constexpr int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const SocketAddress address = socket_address(server);
    if (::connect(socket.get(), address.get(), address.size) != 0 && errno != EINPROGRESS)
        return refusal("cannot connect to " + server.text(), errno);
    return socket;
}

Result<void> await_connection(const Fd& socket, const Endpoint& server, Clock::time_point deadline) {
    pollfd poll{.fd = socket.get(), .events = POLLOUT, .revents = 0};
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - Clock::now());
    if (::poll(&poll, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) != 1)
        return refusal("cannot connect to " + server.text(), ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return refusal("cannot connect to " + server.text(), error);
    return {};
}

HeldConnections::Slowest slowest_of(const Fd& socket, Milliseconds silence) {
    HeldConnections::Slowest slowest{.silence = silence};
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size) == 0) slowest.port = endpoint_of(storage).port;
    tcp_info info{};
    size = sizeof info;
    if (::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        slowest.retransmitted = info.tcpi_total_retrans;
        slowest.timer = Milliseconds(info.tcpi_rto / 1000);
    }
    return slowest;
}

}  // namespace

int serve_byte_echo(int listener) {
    allow_many_sockets();
    const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.valid() || !watch(epoll, listener, static_cast<std::uint64_t>(listener))) return 1;
    std::array<epoll_event, 256> events;
    std::array<char, 4096> bytes;
    for (;;) {
        const int ready = ::epoll_wait(epoll.get(), events.data(), events.size(), -1);
        if (ready < 0 && errno != EINTR) return 1;
        for (int i = 0; i < ready; ++i) {
            const int fd = static_cast<int>(events[static_cast<std::size_t>(i)].data.u64);
            if (fd == listener) {
                for (int one; (one = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
                    constexpr int on = 1;
                    setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    if (!watch(epoll, one, static_cast<std::uint64_t>(one))) ::close(one);
                }
                continue;
            }
            const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
            if (got == 0 || (got < 0 && errno != EAGAIN)) ::close(fd);
            else if (got > 0) (void)::send(fd, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
        }
    }
}

Result<HeldConnections> HeldConnections::open(int network_namespace, const Endpoint& server, std::size_t count, Milliseconds limit) {
    allow_many_sockets();
    const auto deadline = Clock::now() + limit;
    HeldConnections held;
    held.epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    TRY(inside(network_namespace, [&]() -> Result<void> {
        while (held.connections_.size() < count) {
            const std::size_t begin = held.connections_.size(), end = std::min(count, begin + opening_at_once);
            for (std::size_t i = begin; i < end; ++i) held.connections_.push_back({.socket = TRY(begin_connection(server))});
            for (std::size_t i = begin; i < end; ++i) TRY(await_connection(held.connections_[i].socket, server, deadline));
        }
        return {};
    }));
    for (std::size_t i = 0; i < count; ++i) (void)watch(held.epoll_, held.connections_[i].socket.get(), i);
    return held;
}

void HeldConnections::ask(One& one, Clock::time_point now) {
    if (::send(one.socket.get(), "?", 1, MSG_NOSIGNAL) != 1) {
        one.broken = errno != EAGAIN;
        return;
    }
    one.asked = now;
    one.waits = true;
}

void HeldConnections::take(One& one, Clock::time_point now) {
    std::array<char, 16> bytes;
    const ssize_t got = ::recv(one.socket.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        one.broken = true;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, one.socket.get(), nullptr);
        return;
    }
    one.waits = false;
    one.answered = now;
    ++answers_;
    const auto silence = std::chrono::duration_cast<Milliseconds>(now - one.asked);
    late_ += silence >= Milliseconds{1000};
    if (silence > slowest_.silence) slowest_ = slowest_of(one.socket, silence);
}

void HeldConnections::step(Milliseconds pause) {
    auto now = Clock::now();
    for (std::size_t asked = 0, seen = 0; seen < connections_.size() && asked < asked_at_once; ++seen) {
        One& one = connections_[next_];
        next_ = next_ + 1 < connections_.size() ? next_ + 1 : 0;
        if (one.waits || one.broken || one.answered > quiet_since_ || now - one.asked < pause) continue;
        ask(one, now);
        ++asked;
    }
    std::array<epoll_event, 512> events;
    const int ready = ::epoll_wait(epoll_.get(), events.data(), events.size(), 1);
    now = Clock::now();
    for (int i = 0; i < ready; ++i) take(connections_[events[static_cast<std::size_t>(i)].data.u64], now);
}

void HeldConnections::run(Milliseconds time, Milliseconds pause) {
    for (const auto end = Clock::now() + time; Clock::now() < end;) step(pause);
}

bool HeldConnections::all_answer(Milliseconds limit) {
    const auto begin = Clock::now();
    // An answer that came since proves it; who gave one is not asked again, so that nothing is under way in the end.
    const auto done = [&](const One& one) { return one.broken || (one.answered > begin && !one.waits); };
    quiet_since_ = begin;
    bool all = false;
    while (!all && Clock::now() - begin < limit) {
        step(Milliseconds{0});
        all = std::ranges::all_of(connections_, done);
    }
    quiet_since_ = Clock::time_point::max();
    return all;
}

HeldConnections::Report HeldConnections::report() const {
    Report report{.held = connections_.size(), .answers = answers_, .late = late_, .slowest = slowest_};
    for (const One& one : connections_) {
        report.broken += one.broken;
        report.unanswered += !one.broken && one.waits;
    }
    return report;
}

}  // namespace lvx::lab
