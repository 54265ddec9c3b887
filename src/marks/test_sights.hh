// What a Watch tells, for tests: kept until somebody waits for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "marks/watch.hh"

namespace lvx::marks::test {

class Sights {
 public:
    [[nodiscard]] std::function<void(Sight)> teller() {
        return [this](Sight sight) {
            const std::scoped_lock hold(lock_);
            sights_.push_back(std::move(sight));
            changed_.notify_all();
        };
    }
    // The first sight from now on for which the condition holds, within a patience that a busy machine cannot exhaust.
    std::optional<Sight> await(const std::function<bool(const Sight&)>& condition) {
        std::unique_lock hold(lock_);
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        do {
            for (; next_ < sights_.size(); ++next_)
                if (condition(sights_[next_])) return sights_[next_++];
        } while (changed_.wait_until(hold, until) == std::cv_status::no_timeout);
        return std::nullopt;
    }
    void forget() {
        const std::scoped_lock hold(lock_);
        next_ = sights_.size();
    }
    std::optional<Sight> next() {
        return await([](const Sight&) { return true; });
    }

 private:
    std::mutex lock_;
    std::condition_variable changed_;
    std::vector<Sight> sights_;
    std::size_t next_ = 0;
};

}  // namespace lvx::marks::test
