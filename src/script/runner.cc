#include "script/runner.hh"

#include <poll.h>

#include <cerrno>
#include <map>
#include <thread>

#include "script/desk.hh"
#include "script/worker.hh"

namespace lvx::script {

namespace {

using Clock = std::chrono::steady_clock;

class ThreadRunner : public Runner {
 public:
    ThreadRunner(std::unique_ptr<Desk> desk, std::unique_ptr<Worker> worker, Limits limits)
        : desk_(std::move(desk)), worker_(std::move(worker)), limits_(limits), thread_([this] { worker_->run(); }) {}

    ~ThreadRunner() override {
        desk_->order(Finish{});
        thread_.join();
    }

    JobId run(Job job, Done done) override {
        const JobId id = ++last_;
        done_.emplace(id, std::move(done));
        if (desk_->order_job({id, std::move(job)}, limits_.waiting)) return id;
        desk_->finish({id, {.ending = Ending::not_started, .error = Error{"too many commands wait to be run", EAGAIN}}});
        return id;
    }

    void forget(JobId job) override {
        if (done_.erase(job) > 0) desk_->order(Forget{job});
    }

    void set_rules(Rules rules) override { desk_->order(std::move(rules)); }

    [[nodiscard]] int fd() const override { return desk_->finished_fd(); }

    void step() override {
        for (const Finished& finished : desk_->take_finished()) {
            auto found = done_.extract(finished.id);
            if (found) found.mapped()(finished.outcome);
        }
    }

    bool drain(std::chrono::milliseconds patience) override {
        const Clock::time_point end = Clock::now() + patience;
        step();
        while (!done_.empty()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
            if (left.count() <= 0) return false;
            pollfd waiting{.fd = fd(), .events = POLLIN, .revents = 0};
            ::poll(&waiting, 1, static_cast<int>(left.count()));
            step();
        }
        return true;
    }

    [[nodiscard]] Counters counters() const override { return desk_->counters(); }

 private:
    std::unique_ptr<Desk> desk_;
    std::unique_ptr<Worker> worker_;
    Limits limits_;
    std::map<JobId, Done> done_;
    JobId last_ = 0;
    std::thread thread_;  // the last member: it uses the others
};

}  // namespace

Result<std::unique_ptr<Runner>> Runner::start(Rules rules, Limits limits) {
    auto desk = TRY(Desk::make());
    auto worker = TRY(Worker::make(*desk, std::move(rules), limits));
    return std::make_unique<ThreadRunner>(std::move(desk), std::move(worker), limits);
}

}  // namespace lvx::script
