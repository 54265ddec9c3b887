// Task<T>: a lazily started coroutine with one awaiter.  Destroying it destroys the whole conversation below it, which is
// how a running check is cancelled.  Exceptions cannot leave it: our own code throws none, and what the library throws
// (no memory) ends the process.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace lvx::health {

template <class T>
class [[nodiscard]] Task {
 public:
    struct promise_type {
        std::optional<T> value;
        std::coroutine_handle<> awaiter = std::noop_coroutine();

        struct Final {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept { return self.promise().awaiter; }
            void await_resume() noexcept {}
        };

        Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        Final final_suspend() noexcept { return {}; }
        template <class U>
        void return_value(U&& result) { value.emplace(std::forward<U>(result)); }
        void unhandled_exception() { std::terminate(); }
    };

    Task() = default;
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() { reset(); }

    [[nodiscard]] bool valid() const { return handle_ != nullptr; }
    void start() { handle_.resume(); }
    [[nodiscard]] bool done() const { return handle_.done(); }
    [[nodiscard]] T take() { return std::move(*handle_.promise().value); }
    void reset() {
        if (handle_) std::exchange(handle_, nullptr).destroy();
    }

    auto operator co_await() && {
        struct Awaiter {
            std::coroutine_handle<promise_type> handle;
            bool await_ready() { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) {
                handle.promise().awaiter = awaiter;
                return handle;
            }
            T await_resume() { return std::move(*handle.promise().value); }
        };
        return Awaiter{handle_};
    }

 private:
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

    std::coroutine_handle<promise_type> handle_;
};

}  // namespace lvx::health
