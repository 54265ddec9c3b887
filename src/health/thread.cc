#include "health/thread.hh"

#include <pthread.h>
#include <sys/resource.h>

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace lvx::health {
namespace {

// Every check that is under way has a socket.
void allow_many_sockets() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

class WorkerThread : public Thread {
 public:
    WorkerThread(std::unique_ptr<Worker> worker, model::EmitEvent emit) : worker_(std::move(worker)), emit_(std::move(emit)) {
        thread_ = std::thread([this] { run(); });
    }
    ~WorkerThread() override {
        post([this](Worker&) { ends_ = true; });
        thread_.join();
    }

    void configure(Setting setting) override {
        auto shared = std::make_shared<const Setting>(std::move(setting));
        post([this, shared](Worker& worker) {
            if (auto done = worker.configure(shared, Clock::now()); !done) emit_(model::event(model::EventKind::checks_refused, {done.error().sentence()}));
        });
    }
    void set_local_addresses(std::set<Address> addresses) override {
        post([addresses = std::move(addresses)](Worker& worker) { worker.set_local_addresses(addresses, Clock::now()); });
    }
    void set_door(Door door) override {
        post([door = std::move(door)](Worker& worker) { worker.set_door(door); });
    }
    void set_bfd(const std::string& session, bool up) override {
        post([session, up](Worker& worker) { worker.set_bfd(session, up, Clock::now()); });
    }
    void judge_passively(const model::ServiceKey& pool, const Endpoint& server, std::optional<std::string> ejected) override {
        post([pool, server, ejected = std::move(ejected)](Worker& worker) { worker.judge_passively(pool, server, ejected, Clock::now()); });
    }
    void stop() override {
        std::mutex told_lock;
        std::condition_variable told;
        bool done = false;
        post([&](Worker& worker) {
            worker.stop();
            const std::scoped_lock hold(told_lock);
            done = true;
            told.notify_one();
        });
        std::unique_lock hold(told_lock);
        told.wait(hold, [&done] { return done; });
    }

    Status status() const override {
        const std::scoped_lock hold(work_);
        return worker_->status(Clock::now());
    }
    WorkerCounters counters() const override {
        const std::scoped_lock hold(work_);
        return worker_->counters();
    }

 private:
    using Order = std::function<void(Worker&)>;

    void post(Order order) {
        {
            const std::scoped_lock hold(orders_lock_);
            orders_.push_back(std::move(order));
        }
        worker_->wake();
    }

    void run() {
        pthread_setname_np(pthread_self(), "lvx-health");
        sigset_t all;
        sigfillset(&all);  // signals belong to the daemon's loop; OpenSSL writes where a pipe may be broken
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        while (!ends_) {
            worker_->wait();
            const std::scoped_lock hold(work_);
            for (const Order& order : take_orders()) order(*worker_);
            worker_->work(Clock::now());
        }
    }

    std::deque<Order> take_orders() {
        const std::scoped_lock hold(orders_lock_);
        return std::exchange(orders_, {});
    }

    std::unique_ptr<Worker> worker_;
    model::EmitEvent emit_;
    mutable std::mutex work_;  // held while the worker does something
    std::mutex orders_lock_;
    std::deque<Order> orders_;
    bool ends_ = false;        // of the thread
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Thread>> Thread::start(Outside outside, std::uint64_t seed) {
    allow_many_sockets();
    model::EmitEvent emit = outside.emit;
    auto worker = TRY(Worker::open(std::move(outside), seed));
    return std::make_unique<WorkerThread>(std::move(worker), std::move(emit));
}

}  // namespace lvx::health
