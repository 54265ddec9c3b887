#include "bfd/watch.hh"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <thread>

#include "base/fd.hh"

namespace lvx::bfd {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int realtime_priority = 49;  // below the thread that sends VRRP advertisements
constexpr int retry_lock_ms = 1;

// Refused without privilege: then it competes like everybody.
void claim_processor() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ::pthread_setname_np(::pthread_self(), "bfd");
    const sched_param parameters{.sched_priority = realtime_priority};
    (void)::pthread_setschedparam(::pthread_self(), SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters);
}

class ThreadWatch : public Watch {
 public:
    ThreadWatch(std::unique_ptr<Driver> driver, Fd end)
        : driver_(std::move(driver)), fd_(driver_->fd()), end_(std::move(end)), thread_([this] { work(); }) {}
    ThreadWatch(const ThreadWatch&) = delete;
    ThreadWatch& operator=(const ThreadWatch&) = delete;
    ~ThreadWatch() override {
        const std::uint64_t one = 1;
        (void)!::write(end_.get(), &one, sizeof one);
        thread_.join();
    }

    Result<void> configure(std::span<const model::BfdInstance> sessions) override {
        const std::scoped_lock hold(lock_);
        return driver_->configure(sessions, Clock::now());
    }
    Result<void> administer(std::string_view name, Administration wish) override {
        const std::scoped_lock hold(lock_);
        return driver_->administer(name, wish, Clock::now());
    }
    [[nodiscard]] std::vector<SessionView> sessions() const override {
        const std::scoped_lock hold(lock_);
        return driver_->sessions();
    }
    [[nodiscard]] DoorCounters counters() const override {
        const std::scoped_lock hold(lock_);
        return driver_->counters();
    }

 private:
    void work() {
        claim_processor();
        std::array<pollfd, 2> waiting{{{fd_, POLLIN, 0}, {end_.get(), POLLIN, 0}}};
        for (;;) {
            ::poll(waiting.data(), waiting.size(), -1);
            if (waiting[1].revents != 0) return;
            const std::unique_lock hold(lock_, std::try_to_lock);
            if (hold.owns_lock()) driver_->step(Clock::now());
            else ::poll(&waiting[1], 1, retry_lock_ms);
        }
    }

    mutable std::mutex lock_;
    std::unique_ptr<Driver> driver_;  // inside the lock, but for its descriptor
    const int fd_;
    Fd end_;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Watch>> Watch::start(Driver::Outside outside) {
    auto driver = TRY(Driver::open(std::move(outside)));
    Fd end(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!end.valid()) return refusal("cannot make an eventfd for BFD", errno);
    return std::make_unique<ThreadWatch>(std::move(driver), std::move(end));
}

}  // namespace lvx::bfd
