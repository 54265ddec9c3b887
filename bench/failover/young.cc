#include "young.hh"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/socket_address.hh"
#include "lab/namespace.hh"

namespace lvx::bench {
namespace {

constexpr std::uint8_t bytes_of_a_life = 2;
constexpr std::chrono::microseconds pause{500};

}  // namespace

YoungConnections::YoungConnections(int network_namespace, const Endpoint& server, std::uint32_t per_second)
    : server_(server), per_second_(per_second), started_(Clock::now()), thread_([this, network_namespace] { run(network_namespace); }) {}

YoungConnections::~YoungConnections() {
    ending_ = true;
    thread_.join();
}

void YoungConnections::run(int network_namespace) {
    (void)lab::inside(network_namespace, [this]() -> Result<void> {
        while (!ending_) {
            {
                const std::scoped_lock lock(lock_);
                const Clock::time_point now = Clock::now();
                begin_due(now);
                std::erase_if(open_, [&](One& one) { return !advance(one, now); });
            }
            std::this_thread::sleep_for(pause);
        }
        return {};
    });
}

void YoungConnections::begin_due(Clock::time_point now) {
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - started_).count();
    const std::size_t due = static_cast<std::size_t>(passed) * per_second_ / 1'000'000;
    for (; due_ < due; ++due_) {
        if (open_.size() < most_open) begin(now);
        else ++counts_.not_begun;
    }
}

void YoungConnections::begin(Clock::time_point now) {
    Fd socket(::socket(server_.address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const SocketAddress address = socket_address(server_);
    if (!socket.valid() || (::connect(socket.get(), address.get(), address.size) != 0 && errno != EINPROGRESS)) {
        ++counts_.not_begun;
        return;
    }
    // A reset at its end: ports that wait would run out.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    constexpr int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++counts_.begun;
    open_.push_back({.socket = std::move(socket), .begun = now, .asked = now - life});
}

bool YoungConnections::ended(const One& one, End end) {
    if (end == End::done) return ++counts_.done, false;
    ++counts_.lost;
    counts_.young_lost += one.young;
    counts_.unanswered += !one.answered;
    counts_.reset += end == End::reset;
    counts_.lost_begun_ms.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(one.begun - fault_).count());
    return false;
}

// Whether it is too old is asked only when nothing is there: this thread may have had no processor for a while.
bool YoungConnections::advance(One& one, Clock::time_point now) {
    if (one.waits) {
        char byte = 0;
        const ssize_t got = ::recv(one.socket.get(), &byte, 1, 0);
        if (got < 0 && errno == EAGAIN) return !is_old(one, now) || ended(one, End::silent);
        if (got <= 0) return ended(one, End::reset);
        one.waits = false;
        if (++one.bytes == bytes_of_a_life) return ended(one, End::done);
    }
    if (now - one.asked < life) return true;
    if (::send(one.socket.get(), "?", 1, MSG_NOSIGNAL) != 1) {
        if (errno != EAGAIN && errno != ENOTCONN) return ended(one, End::reset);
        return !is_old(one, now) || ended(one, End::silent);
    }
    one.answered = true;
    one.asked = now;
    one.waits = true;
    return true;
}

void YoungConnections::fault() {
    const std::scoped_lock lock(lock_);
    fault_ = Clock::now();
    counts_ = {};
    for (One& one : open_) {
        one.young = fault_ - one.begun < young;
        if (one.young) ++counts_.young;
    }
}

YoungConnections::Counts YoungConnections::counts() {
    const std::scoped_lock lock(lock_);
    return counts_;
}

void YoungConnections::settle() {
    {
        const std::scoped_lock lock(lock_);
        for (One& one : open_) one.awaited = true;
    }
    for (bool waits = true; waits;) {  // for as long as one lives at most
        std::this_thread::sleep_for(life);
        const std::scoped_lock lock(lock_);
        waits = std::ranges::any_of(open_, &One::awaited);
    }
}

}  // namespace lvx::bench
