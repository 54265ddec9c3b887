#include "dataplane/grace.hh"

#include <bpf/bpf.h>
#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/ensure.hh"

namespace lvx::dataplane {
namespace {

struct Maps {
    Fd outer, inner;

    void wait() const {
        const __u32 first = 0;
        const int fd = inner.get();
        ensure(bpf_map_update_elem(outer.get(), &first, &fd, BPF_ANY) == 0);
    }
};

Result<Maps> make_maps() {
    Maps maps;
    maps.inner = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "lvx_inner", 4, 4, 1, nullptr));
    if (!maps.inner.valid()) return refusal("cannot make the map that waits for packets", errno);
    LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<__u32>(maps.inner.get()));
    maps.outer = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "lvx_grace", 4, 4, 1, &options));
    if (!maps.outer.valid()) return refusal("cannot make the map that waits for packets", errno);
    return maps;
}

}  // namespace

class Grace::Waiter {
 public:
    explicit Waiter(Maps maps) : maps_(std::move(maps)) {
        sigset_t all, before;
        sigfillset(&all);  // signals belong to the daemon's loop
        pthread_sigmask(SIG_BLOCK, &all, &before);
        thread_ = std::thread([this] { run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    ~Waiter() {
        {
            const std::scoped_lock hold(lock_);
            ends_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    void wait() const { maps_.wait(); }
    void begin() {
        {
            const std::scoped_lock hold(lock_);
            ++begun_;
        }
        changed_.notify_all();
    }
    bool over() {
        const std::scoped_lock hold(lock_);
        return done_ == begun_;
    }
    void finish() {
        std::unique_lock hold(lock_);
        changed_.wait(hold, [this] { return done_ == begun_; });
    }

 private:
    void run() {
        pthread_setname_np(pthread_self(), "lvx-grace");
        std::unique_lock hold(lock_);
        while (true) {
            changed_.wait(hold, [this] { return ends_ || done_ != begun_; });
            if (ends_) return;
            const std::uint64_t number = begun_;
            hold.unlock();
            maps_.wait();
            hold.lock();
            done_ = number;
            changed_.notify_all();
        }
    }

    Maps maps_;
    std::mutex lock_;
    std::condition_variable changed_;
    std::uint64_t begun_ = 0, done_ = 0;  // grace periods, counted
    bool ends_ = false;
    std::thread thread_;
};

Grace::Grace() = default;
Grace::Grace(Grace&&) noexcept = default;
Grace& Grace::operator=(Grace&&) noexcept = default;
Grace::~Grace() = default;

Result<Grace> Grace::make() {
    Grace grace;
    grace.waiter_ = std::make_unique<Waiter>(TRY(make_maps()));
    return grace;
}

void Grace::wait() const { waiter_->wait(); }

void Grace::begin() const { waiter_->begin(); }

bool Grace::over() const { return waiter_->over(); }

void Grace::finish() const { waiter_->finish(); }

}  // namespace lvx::dataplane
