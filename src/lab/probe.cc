#include "lab/probe.hh"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/fd.hh"
#include "base/socket_address.hh"
#include "lab/http.hh"
#include "lab/namespace.hh"

namespace lvx::lab {
namespace {

using Clock = Probe::Clock;

// One connection: connects, asks, is answered.
struct Try {
    Fd socket;
    Clock::time_point begun;
    bool asked = false;
};

// Tries that are under way, oldest first.
class Tries {
 public:
    Tries(const Endpoint& server, std::string_view words)
        : server_(server), words_(words), request_(http::request_text(server.address.bracketed(), "/", http::Afterwards::close)),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

    void begin(Clock::time_point now) {
        while (!order_.empty() && order_.front().first + Probe::patience <= now) {
            open_.erase(order_.front().second);
            order_.pop_front();
        }
        Fd socket(::socket(server_.address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        const SocketAddress address = socket_address(server_);
        const int number = socket.get();
        if (!socket.valid() || (::connect(number, address.get(), address.size) != 0 && errno != EINPROGRESS)) return;
        epoll_event event{.events = EPOLLOUT, .data = {.u64 = next_}};
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, number, &event) != 0) return;
        open_[next_] = {.socket = std::move(socket), .begun = now};
        order_.emplace_back(now, next_++);
    }

    // When those begun that were answered within `wait`.
    std::vector<Clock::time_point> work(int wait_ms) {
        std::array<epoll_event, 64> events;
        const int ready = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms);
        std::vector<Clock::time_point> answered;
        for (int i = 0; i < ready; ++i)
            if (const auto begun = advance(events[static_cast<std::size_t>(i)].data.u64)) answered.push_back(*begun);
        return answered;
    }

 private:
    // When it was begun, if this was its answer.
    std::optional<Clock::time_point> advance(std::uint64_t number) {
        const auto found = open_.find(number);
        if (found == open_.end()) return std::nullopt;
        Try& one = found->second;
        if (!one.asked) {
            one.asked = ::send(one.socket.get(), request_.data(), request_.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request_.size());
            epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, one.socket.get(), &event);
            if (!one.asked) open_.erase(found);
            return std::nullopt;
        }
        std::array<char, 1024> bytes;
        const ssize_t got = ::recv(one.socket.get(), bytes.data(), bytes.size(), 0);
        const Clock::time_point begun = one.begun;
        open_.erase(found);
        const std::string_view answer(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (!answer.starts_with("HTTP/1.1 200") || answer.find(words_) == answer.npos) return std::nullopt;
        return begun;
    }

    Endpoint server_;
    std::string_view words_;
    std::string request_;
    Fd epoll_;
    std::unordered_map<std::uint64_t, Try> open_;
    std::deque<std::pair<Clock::time_point, std::uint64_t>> order_;
    std::uint64_t next_ = 0;
};

}  // namespace

Probe::Probe(int network_namespace, const Endpoint& server, std::string words)
    : server_(server), words_(std::move(words)), thread_([this, network_namespace] { run(network_namespace); }) {}

Probe::~Probe() {
    ending_ = true;
    thread_.join();
}

void Probe::run(int network_namespace) {
    (void)inside(network_namespace, [&]() -> Result<void> {
        Tries tries(server_, words_);
        for (auto next = Clock::now(); !ending_;) {
            const auto now = Clock::now();
            if (now >= next) {
                tries.begin(now);
                next = std::max(next + pace, now);
            }
            const std::vector<Clock::time_point> answered = tries.work(1);
            const std::scoped_lock hold(lock_);
            answers_.insert(answers_.end(), answered.size(), Clock::now());
            for (const Clock::time_point begun : answered) last_begun_ = std::max(last_begun_, begun);
        }
        return {};
    });
}

std::vector<Clock::time_point> Probe::answers(Clock::time_point begin) const {
    const std::scoped_lock hold(lock_);
    return {std::ranges::lower_bound(answers_, begin), answers_.end()};
}

std::size_t Probe::answers_since(Clock::time_point begin) const {
    const std::scoped_lock hold(lock_);
    return static_cast<std::size_t>(answers_.end() - std::ranges::lower_bound(answers_, begin));
}

Clock::time_point Probe::last_answered_question() const {
    const std::scoped_lock hold(lock_);
    return last_begun_;
}

std::chrono::microseconds Probe::longest_gap_since(Clock::time_point begin) const {
    const std::scoped_lock hold(lock_);
    auto from = std::ranges::lower_bound(answers_, begin);
    if (from != answers_.begin()) --from;
    Clock::duration longest{0};
    for (; from != answers_.end() && from + 1 != answers_.end(); ++from) longest = std::max(longest, *(from + 1) - *from);
    return std::chrono::duration_cast<std::chrono::microseconds>(longest);
}

}  // namespace lvx::lab
