// What a Runner's loop and its thread pass to each other: orders in, results out, each side woken by an eventfd.  All data
// sits inside the lock.
#pragma once

#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "base/fd.hh"
#include "script/runner.hh"

namespace lvx::script {

struct Start { JobId id; Job job; };
struct Forget { JobId id; };
struct Finish {};
using Order = std::variant<Start, Forget, Rules, Finish>;

struct Finished { JobId id; Outcome outcome; };

class Desk {
 public:
    static Result<std::unique_ptr<Desk>> make();

    // Called by the loop.
    void order(Order order);
    // False, and counted, when too many wait.
    [[nodiscard]] bool order_job(Start start, std::size_t waiting_limit);
    [[nodiscard]] std::vector<Finished> take_finished();
    [[nodiscard]] int finished_fd() const { return finished_bell_.get(); }

    // Called by the thread; finish() by the loop, too, for what is refused at once.
    [[nodiscard]] std::vector<Order> take_orders();
    [[nodiscard]] int orders_fd() const { return orders_bell_.get(); }
    void finish(Finished finished);
    void count(const std::function<void(Counters&)>& change);

    [[nodiscard]] Counters counters() const;

 private:
    Desk(Fd orders_bell, Fd finished_bell) : orders_bell_(std::move(orders_bell)), finished_bell_(std::move(finished_bell)) {}

    Fd orders_bell_, finished_bell_;
    mutable std::mutex lock_;
    std::vector<Order> orders_;
    std::vector<Finished> finished_;
    Counters counters_;
};

}  // namespace lvx::script
