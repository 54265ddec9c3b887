// Counts lives of a temporary across a suspension.  A correct compiler constructs and destroys each exactly once;
// exit status 0 means it did, 1 that an object was destroyed twice or never.
#include <coroutine>
#include <utility>

namespace {
int alive = 0;
int wrong = 0;

struct Counted {
    Counted* self;
    Counted() : self(this) { ++alive; }
    Counted(Counted&&) noexcept : self(this) { ++alive; }
    Counted(const Counted&) : self(this) { ++alive; }
    ~Counted() {
        wrong += self != this;
        self = nullptr;
        --alive;
    }
};

struct Task {
    struct promise_type {
        Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { ++wrong; }
    };
    std::coroutine_handle<promise_type> handle;
};

struct Awaitable {
    Counted held;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<>) {}
    int await_resume() { return held.self == &held ? 1 : 0; }
};

Awaitable wait_with(Counted value) { return Awaitable{std::move(value)}; }

Task conversation(Counted by_value) {
    for (int i = 0; i < 3; ++i) {
        int fine = co_await wait_with(Counted{});
        wrong += fine != 1;
    }
    wrong += by_value.self != &by_value;
}
}  // namespace

int main() {
    Task task = conversation(Counted{});
    while (!task.handle.done()) task.handle.resume();
    task.handle.destroy();
    return (wrong != 0 || alive != 0) ? 1 : 0;
}
