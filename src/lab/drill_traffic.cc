#include "lab/drill_traffic.hh"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "base/socket_address.hh"
#include "lab/namespace.hh"

namespace lvx::lab {
namespace {

constexpr std::size_t opening_at_once = 256;     // below every backlog
constexpr std::chrono::milliseconds look_period{50};
constexpr std::size_t spare_descriptors = 1024;  // beside those that are held

Result<void> here_or_inside(int network_namespace, const std::function<Result<void>()>& work) {
    return network_namespace < 0 ? work() : inside(network_namespace, work);
}

void allow_sockets(std::size_t count) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, std::max<rlim_t>(limit.rlim_cur, count + spare_descriptors));
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void set_option(const Fd& socket, int level, int option, int value) { ::setsockopt(socket.get(), level, option, &value, sizeof value); }

Result<Fd> begin_connection(const Endpoint& service) {
    Fd socket(::socket(service.address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return refusal("cannot open a socket", errno);
    const SocketAddress address = socket_address(service);
    if (::connect(socket.get(), address.get(), address.size) != 0 && errno != EINPROGRESS)
        return refusal("cannot connect to " + service.text(), errno);
    return socket;
}

int error_of(const Fd& socket) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

Result<void> await(const Fd& socket, const Endpoint& service, std::chrono::milliseconds limit) {
    pollfd poll{.fd = socket.get(), .events = POLLOUT, .revents = 0};
    if (::poll(&poll, 1, static_cast<int>(limit.count())) != 1) return refusal("cannot connect to " + service.text(), ETIMEDOUT);
    if (const int error = error_of(socket)) return refusal("cannot connect to " + service.text(), error);
    return {};
}

// A probe a second, and as many as a hand-over may swallow.
void ask_by_keepalive(const Fd& socket) {
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 9);
}

}  // namespace

Result<std::unique_ptr<DrillTraffic>> DrillTraffic::start(int network_namespace, const Endpoint& service, std::size_t held) {
    allow_sockets(held);
    std::unique_ptr<DrillTraffic> traffic(new DrillTraffic(network_namespace, service));
    TRY(here_or_inside(network_namespace, [&]() -> Result<void> {
        while (traffic->held_.size() < held) {
            const std::size_t begin = traffic->held_.size(), end = std::min(held, begin + opening_at_once);
            for (std::size_t i = begin; i < end; ++i) traffic->held_.push_back({.socket = TRY(begin_connection(service))});
            for (std::size_t i = begin; i < end; ++i) {
                TRY(await(traffic->held_[i].socket, service, patience));
                ask_by_keepalive(traffic->held_[i].socket);
            }
        }
        return {};
    }));
    traffic->begin_phase();
    traffic->last_opened_ = Clock::now();
    DrillTraffic* const running = traffic.get();
    traffic->thread_ = std::thread([running] {
        (void)here_or_inside(running->namespace_, [running]() -> Result<void> {
            running->open_new_ones();
            return {};
        });
    });
    return traffic;
}

DrillTraffic::~DrillTraffic() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
}

void DrillTraffic::open_new_ones() {
    while (!ending_) {
        const Clock::time_point now = Clock::now();
        begin_one(now);
        do take_finished(Clock::now());
        while (Clock::now() < now + pace);
    }
}

void DrillTraffic::begin_one(Clock::time_point now) {
    auto socket = begin_connection(service_);
    if (socket) return opening_.push_back({std::move(*socket), now});
    const std::scoped_lock lock(lock_);
    ++counted_.failed;
}

// A millisecond's wait at most.
void DrillTraffic::take_finished(Clock::time_point now) {
    std::vector<pollfd> polls;
    for (const Opening& one : opening_) polls.push_back({.fd = one.socket.get(), .events = POLLOUT, .revents = 0});
    ::poll(polls.data(), polls.size(), 1);
    const std::scoped_lock lock(lock_);
    for (std::size_t i = polls.size(); i-- > 0;) {
        const bool finished = polls[i].revents != 0, late = now - opening_[i].begun > patience;
        if (!finished && !late) continue;
        if (finished && error_of(opening_[i].socket) == 0) {
            ++counted_.opened;
            counted_.longest_gap = std::max(counted_.longest_gap, std::chrono::duration_cast<std::chrono::microseconds>(now - last_opened_));
            last_opened_ = now;
        } else {
            ++counted_.failed;
        }
        opening_.erase(opening_.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

void DrillTraffic::ask_again() {
    asked_ = Clock::now();
    for (Held& one : held_) one.heard = false;
}

void DrillTraffic::begin_phase() {
    ask_again();
    const std::scoped_lock lock(lock_);
    counted_ = {};
}

void DrillTraffic::look_at(Held& held, Clock::time_point now) const {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(held.socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return;
    if (info.tcpi_state == TCP_CLOSE) held.fate = Held::Fate::lost;
    else if (info.tcpi_state != TCP_ESTABLISHED) held.fate = Held::Fate::ended;
    else held.heard = now - std::chrono::milliseconds(info.tcpi_last_ack_recv) > asked_;
}

DrillReport DrillTraffic::end_phase(Milliseconds limit) {
    using Fate = Held::Fate;
    const auto at_begin = static_cast<std::size_t>(std::ranges::count(held_, Fate::lives, &Held::fate));
    std::vector<Held*> living;
    for (Held& one : held_)
        if (one.fate == Fate::lives) living.push_back(&one);
    const Clock::time_point deadline = Clock::now() + limit;
    const auto all_known = [&] {
        for (Held* one : living)
            if (one->fate == Fate::lives && !one->heard) look_at(*one, Clock::now());
        return std::ranges::all_of(living, [](const Held* one) { return one->heard || one->fate != Fate::lives; });
    };
    while (!all_known() && Clock::now() < deadline) std::this_thread::sleep_for(look_period);
    const std::scoped_lock lock(lock_);
    DrillReport report = counted_;
    report.held = at_begin;
    for (Held* one : living) {
        if (one->fate == Fate::lives && !one->heard) one->fate = Fate::lost;
        ++(one->fate == Fate::lives ? report.alive : one->fate == Fate::ended ? report.ended : report.lost);
    }
    const auto silent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - last_opened_);
    report.longest_gap = std::max(report.longest_gap, silent);
    return report;
}

}  // namespace lvx::lab
