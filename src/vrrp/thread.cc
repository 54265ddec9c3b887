#include "vrrp/thread.hh"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <optional>
#include <utility>

#include "script/runner.hh"
#include "vrrp/engine.hh"

namespace lvx::vrrp {

namespace {

constexpr std::size_t news_limit = 65536;               // told and not yet taken: the oldest are lost beyond
constexpr std::chrono::milliseconds retry_lock{1};
constexpr std::chrono::milliseconds status_period{200};  // what lvx vrrp and /metrics tell is no older
constexpr std::chrono::milliseconds end_patience{1000};

// What lets the thread run when it wants to.  Refused without privilege: then it competes like everybody.
bool claim_processor(const Settings& settings) {
    if (!settings.realtime) return false;
    const sched_param parameters{.sched_priority = settings.realtime_priority};
    // What is mapped now (code, libraries) stays in memory once it was touched: no advertisement waits for a disk.  Not what
    // will be mapped: without the privilege that would make later allocations fail.
    (void)::mlockall(MCL_CURRENT | MCL_ONFAULT);
    return ::pthread_setschedparam(::pthread_self(), SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) == 0;
}

// The loop of the thread.  Lives on its stack.
class Loop {
 public:
    Loop(const Settings& settings, Fence& fence, Mailbox<Order>& orders, Mailbox<News>& news)
        : settings_(settings), fence_(fence), orders_(orders), news_(news) {}

    Result<void> open();
    void run();

 private:
    Result<void> watch(int fd) const;
    Result<void> watch_engine();
    void sleep_until(Instant when) const;
    bool take_orders(Instant now);
    void post_news(Instant now);
    void tell(News news);

    const Settings& settings_;
    Fence& fence_;
    Mailbox<Order>& orders_;
    Mailbox<News>& news_;
    std::unique_ptr<script::Runner> runner_;
    std::unique_ptr<Engine> engine_;
    Fd epoll_, timer_;
    std::uint64_t generation_ = 0;
    std::vector<int> watched_;
    std::vector<News> outbox_;
    Instant status_at_{};
    bool realtime_ = false, ending_ = false;
};

Result<void> Loop::watch(int fd) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0 && errno != EEXIST) return refusal("cannot wait for a socket", errno);
    return {};
}

// Sockets that are closed leave an epoll set by themselves.
Result<void> Loop::watch_engine() {
    if (generation_ == engine_->generation()) return {};
    generation_ = engine_->generation();
    for (const int fd : engine_->fds()) TRY(watch(fd));
    return {};
}

Result<void> Loop::open() {
    epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    timer_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!epoll_.valid() || !timer_.valid()) return refusal("cannot make what the VRRP thread waits with", errno);
    runner_ = TRY(script::Runner::start({.user = "root"}, script::Limits{}));
    engine_ = TRY(Engine::open(settings_, fence_, runner_.get(), [this](News news) { tell(std::move(news)); }, Clock::now()));
    for (const int fd : {timer_.get(), orders_.fd(), runner_->fd()}) TRY(watch(fd));
    TRY(watch_engine());
    realtime_ = claim_processor(settings_);
    return {};
}

void Loop::tell(News news) {
    if (auto* status = std::get_if<Status>(&news)) status->realtime = realtime_;
    if (outbox_.size() >= news_limit) outbox_.erase(outbox_.begin());
    outbox_.push_back(std::move(news));
}

void Loop::sleep_until(Instant when) const {
    const auto nanoseconds = std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count(), 1);
    constexpr std::int64_t second = 1'000'000'000;
    const itimerspec at{.it_interval = {}, .it_value = {.tv_sec = nanoseconds / second, .tv_nsec = nanoseconds % second}};
    (void)::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
    std::array<epoll_event, 16> events;
    (void)::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    std::uint64_t expirations = 0;
    [[maybe_unused]] const ssize_t got = ::read(timer_.get(), &expirations, sizeof expirations);
}

// Whether there were any: timers may be others then.
bool Loop::take_orders(Instant now) {
    const std::vector<Order> orders = orders_.try_take();
    for (const Order& order : orders) {
        if (std::holds_alternative<Stop>(order)) ending_ = true;
        else engine_->obey(order, now);
    }
    return !orders.empty();
}

void Loop::post_news(Instant now) {
    if (now >= status_at_) {
        status_at_ = now + status_period;
        tell(engine_->status(now));
    }
    if (!outbox_.empty()) (void)news_.try_post(outbox_);
}

void Loop::run() {
    while (!ending_ || !engine_->wind_down(Clock::now())) {
        const Instant now = Clock::now();
        Instant next = engine_->step(now);
        runner_->step();
        if (take_orders(Clock::now())) next = now;
        post_news(now);
        if (!outbox_.empty()) next = std::min(next, now + retry_lock);
        (void)watch_engine();
        if (next > now && !(ending_ && engine_->wind_down(Clock::now()))) sleep_until(next);
    }
    engine_->shut_down(Clock::now());
    (void)runner_->drain(end_patience);
    tell(engine_->status(Clock::now()));
    while (!news_.try_post(outbox_)) std::this_thread::yield();
}

}  // namespace

Result<std::unique_ptr<Thread>> Thread::start(const Settings& settings, Fence& fence, Mailbox<News>& news) {
    auto orders = TRY(Mailbox<Order>::make());
    std::unique_ptr<Thread> thread(new Thread(std::move(orders)));
    std::promise<Result<void>> opened;
    auto outcome = opened.get_future();
    thread->thread_ = std::thread([settings, &fence, &news, &opened, orders_box = thread->orders_.get()] {
        ::pthread_setname_np(::pthread_self(), "vrrp");
        Loop loop(settings, fence, *orders_box, news);
        Result<void> result = loop.open();
        const bool runs = result.has_value();
        opened.set_value(std::move(result));
        if (runs) loop.run();
    });
    if (Result<void> result = outcome.get(); !result) {
        thread->thread_.join();
        return std::unexpected(std::move(result).error());
    }
    return thread;
}

void Thread::stop() {
    if (!thread_.joinable()) return;
    orders_->post(Stop{});
    thread_.join();
}

Thread::~Thread() { stop(); }

}  // namespace lvx::vrrp
