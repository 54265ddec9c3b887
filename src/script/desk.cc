#include "script/desk.hh"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace lvx::script {

namespace {

// An eventfd refuses only when its counter is full: then it is readable anyway.
void ring(const Fd& bell) {
    const std::uint64_t one = 1;
    (void)!::write(bell.get(), &one, sizeof one);
}

void silence(const Fd& bell) {
    std::uint64_t rings = 0;
    (void)!::read(bell.get(), &rings, sizeof rings);
}

}  // namespace

Result<std::unique_ptr<Desk>> Desk::make() {
    Fd orders(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), finished(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!orders.valid() || !finished.valid()) return refusal("cannot make an eventfd", errno);
    return std::unique_ptr<Desk>(new Desk(std::move(orders), std::move(finished)));
}

void Desk::order(Order order) {
    const std::scoped_lock hold(lock_);
    orders_.push_back(std::move(order));
    ring(orders_bell_);
}

bool Desk::order_job(Start start, std::size_t waiting_limit) {
    const std::scoped_lock hold(lock_);
    if (counters_.waiting >= waiting_limit) {
        ++counters_.refused_by_limit;
        return false;
    }
    ++counters_.waiting;
    orders_.push_back(std::move(start));
    ring(orders_bell_);
    return true;
}

std::vector<Finished> Desk::take_finished() {
    silence(finished_bell_);
    const std::scoped_lock hold(lock_);
    return std::exchange(finished_, {});
}

std::vector<Order> Desk::take_orders() {
    silence(orders_bell_);
    const std::scoped_lock hold(lock_);
    return std::exchange(orders_, {});
}

void Desk::finish(Finished finished) {
    const std::scoped_lock hold(lock_);
    finished_.push_back(std::move(finished));
    ring(finished_bell_);
}

void Desk::count(const std::function<void(Counters&)>& change) {
    const std::scoped_lock hold(lock_);
    change(counters_);
}

Counters Desk::counters() const {
    const std::scoped_lock hold(lock_);
    return counters_;
}

}  // namespace lvx::script
