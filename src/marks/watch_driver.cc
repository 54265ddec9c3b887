#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/fd.hh"
#include "marks/notices_driver.hh"
#include "marks/tools_driver.hh"
#include "marks/watch.hh"

namespace lvx::marks {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int rest_factor = 4;  // pauses are so much longer than the look before

void ring(const Fd& bell) {
    const std::uint64_t one = 1;
    (void)!::write(bell.get(), &one, sizeof one);
}

void silence(const Fd& bell) {
    std::uint64_t count = 0;
    (void)!::read(bell.get(), &count, sizeof count);
}

class ThreadWatch : public Watch {
 public:
    ThreadWatch(WatchSettings settings, std::function<void(Sight)> tell, Tools tools, Fd orders, Fd end)
        : settings_(std::move(settings)), tell_(std::move(tell)), tools_(std::move(tools)), orders_(std::move(orders)), end_(std::move(end)),
          thread_([this] { work(); }) {}
    ThreadWatch(const ThreadWatch&) = delete;
    ThreadWatch& operator=(const ThreadWatch&) = delete;
    ~ThreadWatch() override {
        ring(end_);
        thread_.join();
    }

    void follow(Following following) override {
        const std::scoped_lock hold(lock_);
        wanted_.following = following;
        ring(orders_);
    }
    void look() override {
        const std::scoped_lock hold(lock_);
        wanted_.look = true;
        ring(orders_);
    }

 private:
    struct Wanted {
        Following following = Following::resting;
        bool look = false;
    };

    // ---- the thread ----

    void work() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        ::pthread_setname_np(::pthread_self(), "marks");
        for (;;) {
            const int notices = notices_ ? notices_->fd() : -1;
            std::array<pollfd, 3> waiting{{{end_.get(), POLLIN, 0}, {orders_.get(), POLLIN, 0}, {notices, POLLIN, 0}}};
            ::poll(waiting.data(), waiting.size(), patience_ms());
            if (waiting[0].revents != 0) return;
            if (waiting[1].revents != 0) take_orders();
            if (waiting[2].revents != 0 && notices_ && notices_->drain()) look_at(std::max(Clock::now() + settings_.gathering, rested_at_));
            look_again_if_due();
            if (look_at_ && *look_at_ <= Clock::now() && !look_now()) return;
        }
    }

    void take_orders() {
        silence(orders_);
        const Wanted wanted = [this] {
            const std::scoped_lock hold(lock_);
            return std::exchange(wanted_, Wanted{.following = wanted_.following});
        }();
        const bool begins = wanted.following == Following::following && following_ == Following::resting;
        following_ = wanted.following;
        if (begins) open_notices();
        if (following_ == Following::resting) notices_.reset();
        if (begins || wanted.look) look_at(Clock::now());
    }

    // Before the first look, so that no change falls between.
    void open_notices() {
        auto opened = Notices::open();
        no_notices_ = opened ? "" : opened.error().sentence();
        if (opened) notices_ = std::move(*opened);
        again_at_ = Clock::now() + settings_.again;
    }

    void look_at(Clock::time_point time) { look_at_ = std::min(look_at_.value_or(time), time); }

    void look_again_if_due() {
        if (following_ == Following::resting || Clock::now() < again_at_) return;
        again_at_ = Clock::now() + settings_.again;
        if (failed_ || Tools::has_legacy_tables() || std::exchange(legacy_, false)) look_at(Clock::now());
    }

    [[nodiscard]] int patience_ms() const {
        std::optional<Clock::time_point> next = look_at_;
        if (following_ == Following::following) next = std::min(next.value_or(again_at_), again_at_);
        if (!next) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }

    // False when the daemon ends meanwhile.
    bool look_now() {
        look_at_.reset();
        const auto began = Clock::now();
        const std::vector<Print> prints = tools_.look(end_.get());
        pollfd ending{end_.get(), POLLIN, 0};
        if (::poll(&ending, 1, 0) == 1) return false;
        Sight sight{understand(prints), no_notices_};
        failed_ = std::ranges::any_of(sight.view.tools, &ToolState::failed);
        legacy_ = Tools::has_legacy_tables();
        rested_at_ = Clock::now() + rest_factor * (Clock::now() - began);
        tell_(std::move(sight));
        return true;
    }

    const WatchSettings settings_;
    const std::function<void(Sight)> tell_;
    Tools tools_;
    Fd orders_, end_;
    std::mutex lock_;
    Wanted wanted_;  // inside the lock

    std::optional<Notices> notices_;
    std::string no_notices_ = "nobody follows them";
    Following following_ = Following::resting;
    std::optional<Clock::time_point> look_at_;
    Clock::time_point rested_at_, again_at_;
    bool failed_ = false, legacy_ = false;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Watch>> Watch::start(WatchSettings settings, std::function<void(Sight)> tell) {
    Tools tools = TRY(Tools::make(settings.path, settings.deadline));
    Fd orders(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), end(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!orders.valid() || !end.valid()) return refusal("cannot make an eventfd for netfilter's rules", errno);
    return std::make_unique<ThreadWatch>(std::move(settings), std::move(tell), std::move(tools), std::move(orders), std::move(end));
}

}  // namespace lvx::marks
