// The health thread under all its callers at once: what ThreadSanitizer shall see.
#include "health/thread.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "health/check/test_server.hh"
#include "health/test_pools.hh"

namespace lvx::health {
namespace {

using namespace health::testing;
using namespace std::chrono_literals;

// What the thread tells, from whichever thread.
struct Told {
    std::mutex lock;
    View view;
    std::atomic<std::uint64_t> views = 0, events = 0, notices = 0;

    Outside outside() {
        return {.view = [this](View seen) {
                    const std::scoped_lock hold(lock);
                    view = std::move(seen);
                    ++views;
                },
                .emit = [this](const model::Event&) { ++events; },
                .tell = [this](notify::Notice) { ++notices; }};
    }
};

Setting setting_with(const Endpoint& target, std::chrono::milliseconds delay) {
    model::Pool pool;
    pool.services.push_back({.address = Address::v4(0xc0a85817), .port = 80});
    for (int i = 0; i < 4; ++i) {
        model::WatchedServer server;
        server.endpoint = {target.address, static_cast<Port>(80 + i)};
        server.checks.push_back({.target = {.endpoint = target, .bind = {}, .bind_interface = {}},
                                 .timing = {.delay_loop = delay, .connect_timeout = 10s, .delay_before_retry = 1ms, .warmup = 0ms},
                                 .kind = model::TcpCheck{}});
        pool.servers.push_back(std::move(server));
    }
    return {.pools = {pool}};
}

template <class Condition>
bool comes_true(const Condition& condition) {
    const auto end = Clock::now() + 60s;
    while (!condition()) {
        if (Clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

TEST(Thread, takes_orders_and_questions_from_everywhere_while_it_checks) {
    const LittleServer alive([](int) {});
    Told told;
    auto thread = Thread::start(told.outside(), 1);
    ASSERT_TRUE(thread) << thread.error().sentence();
    const Setting setting = setting_with(alive.endpoint(), 2ms);
    (*thread)->configure(setting);
    const Endpoint server = setting.pools[0].servers[1].endpoint;
    std::vector<std::thread> callers;
    callers.emplace_back([&] { for (int i = 0; i < 50; ++i) (*thread)->judge_passively(setting.pools[0].services[0], server, i % 2 == 0 ? std::optional<std::string>("resets") : std::nullopt); });
    callers.emplace_back([&] { for (int i = 0; i < 50; ++i) EXPECT_LE((*thread)->status().checks.size(), 4U); });
    callers.emplace_back([&] { for (int i = 0; i < 20; ++i) (*thread)->configure(setting_with(alive.endpoint(), std::chrono::milliseconds(2 + i % 3))); });
    callers.emplace_back([&] { for (int i = 0; i < 50; ++i) (*thread)->set_bfd("session", i % 2 == 0), (*thread)->set_local_addresses({Address::v4(0x7f000001)}); });
    for (std::thread& caller : callers) caller.join();
    EXPECT_TRUE(comes_true([&] { return (*thread)->counters().runs > 100; }));
    EXPECT_TRUE(comes_true([&] {
        const std::scoped_lock hold(told.lock);
        return told.view.pools.size() == 1 && std::ranges::all_of(told.view.pools[0].servers, &ServerView::up);
    }));
    (*thread)->stop();
    EXPECT_EQ((*thread)->status().checks.size(), 0U);
    EXPECT_GT(told.views, 0U);
}

}  // namespace
}  // namespace lvx::health
