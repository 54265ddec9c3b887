// What two threads tell each other: a list inside its lock, and a descriptor that becomes readable.  The VRRP thread only
// ever tries the lock: whoever is held up while he has it does not hold up an advertisement.
#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::vrrp {

template <class T>
class Mailbox {
 public:
    static Result<std::unique_ptr<Mailbox>> make() {
        Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!event.valid()) return refusal("cannot make an eventfd", errno);
        return std::unique_ptr<Mailbox>(new Mailbox(std::move(event)));
    }

    [[nodiscard]] int fd() const { return event_.get(); }

    void post(T item) {
        {
            const std::lock_guard guard(lock_);
            items_.push_back(std::move(item));
        }
        ring();
    }

    // All that waits.
    [[nodiscard]] std::vector<T> take() {
        silence();
        const std::lock_guard guard(lock_);
        return std::exchange(items_, {});
    }

    // Moves `items` in unless somebody holds the lock: then they stay where they are, for the next try.
    bool try_post(std::vector<T>& items) {
        const std::unique_lock guard(lock_, std::try_to_lock);
        if (!guard.owns_lock()) return false;
        for (T& item : items) items_.push_back(std::move(item));
        items.clear();
        ring();
        return true;
    }

    // Nothing when somebody holds the lock; the descriptor stays readable then.
    [[nodiscard]] std::vector<T> try_take() {
        const std::unique_lock guard(lock_, std::try_to_lock);
        if (!guard.owns_lock()) return {};
        silence();
        return std::exchange(items_, {});
    }

 private:
    explicit Mailbox(Fd event) : event_(std::move(event)) {}

    void ring() const {
        constexpr std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
    }
    void silence() const {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
    }

    Fd event_;
    std::mutex lock_;
    std::vector<T> items_;
};

}  // namespace lvx::vrrp
