// A pool lives through random weeks: checks flap, weights move, operators begin and end maintenance, the clock jumps.
// After every step it is compared with a naive model that computes everything anew from what it was told.
#include <gtest/gtest.h>

#include <random>

#include "health/pool_machine.hh"
#include "health/test_pools.hh"

namespace lvx::health {
namespace {

using health::testing::at;
using health::testing::pool_of;
using health::testing::real;
using namespace std::chrono_literals;

struct NaiveServer {
    int failed = 0;
    bool maintenance = false, ejected = false, up = true;
    std::int64_t delta = 0;
    std::optional<Instant> damped_until, last_down, rises_since;
};

class Naive {
 public:
    explicit Naive(const model::Pool& pool) : pool_(pool), servers(pool.servers.size()) {
        quorum_up = weight() >= std::int64_t{pool.quorum} + pool.hysteresis;
    }

    void step(Instant now) {
        for (NaiveServer& server : servers) {
            if (server.damped_until && now >= *server.damped_until) server.damped_until.reset();
            const bool up = server.failed == 0 && !server.maintenance && !server.ejected && !server.damped_until;
            if (server.up && !up && server.failed > 0 && pool_.flap_damping.count() > 0) {
                if (server.last_down && now - *server.last_down < pool_.flap_damping) server.damped_until = now + pool_.flap_damping;
                server.last_down = now;
            }
            if (!server.up && up) server.rises_since = now;
            server.up = up;
            const std::int64_t sum = weight();
            if (quorum_up && (sum == 0 || sum < std::int64_t{pool_.quorum} - pool_.hysteresis)) quorum_up = false;
            else if (!quorum_up && sum >= std::int64_t{pool_.quorum} + pool_.hysteresis) quorum_up = true;
        }
    }

    [[nodiscard]] std::int64_t weight_of(std::size_t i) const {
        return std::clamp<std::int64_t>(std::int64_t{pool_.servers[i].weight} + servers[i].delta, 0, 2147483647);
    }
    [[nodiscard]] std::int64_t weight() const {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < servers.size(); ++i) sum += servers[i].up ? weight_of(i) : 0;
        return sum;
    }
    [[nodiscard]] bool panics() const {
        std::size_t up = 0;
        for (const NaiveServer& server : servers) up += server.up;
        return pool_.panic_threshold > 0 && up * 100 < servers.size() * pool_.panic_threshold;
    }

 private:
    const model::Pool& pool_;

 public:
    std::vector<NaiveServer> servers;
    bool quorum_up = true;
};

void compare(const PoolMachine& machine, const Naive& naive, const model::Pool& pool, Instant now) {
    const PoolView view = machine.view(now);
    const bool panics = naive.panics(), sorry = !naive.quorum_up && pool.sorry && !panics;
    ASSERT_EQ(view.quorum_up, naive.quorum_up);
    ASSERT_EQ(machine.live_weight(), naive.weight());
    ASSERT_EQ(view.sorry.value_or(0) == 1, sorry);
    for (std::size_t i = 0; i < naive.servers.size(); ++i) {
        const NaiveServer& server = naive.servers[i];
        const bool used = (server.up || (panics && !server.maintenance)) && !sorry;
        ASSERT_EQ(view.servers[i].up, server.up) << i;
        ASSERT_EQ(view.servers[i].in_service, used || stays_when_down(pool.servers[i])) << i;
        if (!used) ASSERT_EQ(view.servers[i].weight, 0U) << i;
        else ASSERT_LE(view.servers[i].weight, naive.weight_of(i)) << i;
        const bool rises = server.rises_since && now - *server.rises_since < pool.slow_start;
        if (used && !rises) ASSERT_EQ(view.servers[i].weight, naive.weight_of(i)) << i;
    }
}

model::Pool random_pool(std::mt19937& random) {
    model::Pool pool = pool_of(1 + random() % 6);
    for (model::WatchedServer& server : pool.servers) {
        server.weight = random() % 5;
        server.inhibit_on_failure = random() % 3 == 0;
    }
    pool.quorum = 1 + random() % 4;
    pool.hysteresis = random() % pool.quorum;
    if (random() % 3 == 0) pool.on_down = model::OnDown::keep;
    if (random() % 2 == 0) pool.sorry = model::Sorry{.endpoint = real(99)};
    if (random() % 2 == 0) pool.flap_damping = std::chrono::seconds(1 + random() % 30);
    if (random() % 2 == 0) pool.slow_start = std::chrono::seconds(1 + random() % 30);
    if (random() % 3 == 0) pool.panic_threshold = static_cast<std::uint8_t>(random() % 101);
    return pool;
}

std::optional<PoolEvent> random_event(std::mt19937& random, NaiveServer& server, ServerIndex index) {
    switch (random() % 6) {
        case 0: ++server.failed; return CheckFailed{index, "a"};
        case 1:
            if (server.failed == 0) return std::nullopt;
            --server.failed;
            return CheckRecovered{index, "b"};
        case 2: server.delta = static_cast<std::int64_t>(random() % 9) - 4; return WeightAdded{index, server.delta, "c"};
        case 3:
            server.maintenance = !server.maintenance;
            if (server.maintenance) return MaintenanceBegan{index};
            return MaintenanceEnded{index};
        case 4:
            server.ejected = !server.ejected;
            if (server.ejected) return Ejected{index, "d"};
            return Readmitted{index};
        default: return std::nullopt;
    }
}

TEST(PoolSimulation, a_pool_agrees_with_a_naive_model_after_every_step_of_every_seed) {
    for (std::uint32_t seed = 0; seed < 800; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const model::Pool pool = random_pool(random);
        PoolMachine machine(pool);
        Naive naive(pool);
        Instant now = at(0);
        (void)machine.start({}, now);
        for (int step = 0; step < 80; ++step) {
            // Mostly small steps, now and then a jump of the clock over everything that waits.
            now += random() % 20 == 0 ? 3600s : std::chrono::milliseconds(random() % 4000);
            (void)machine.tick(now);
            naive.step(now);
            const auto index = static_cast<ServerIndex>(random() % pool.servers.size());
            if (const auto event = random_event(random, naive.servers[index], index)) (void)machine.on(*event, now);
            naive.step(now);
            ASSERT_NO_FATAL_FAILURE(compare(machine, naive, pool, now)) << "step " << step;
        }
    }
}

// A daemon's loop wakes when the machine wants it; nothing may be left waiting.
TEST(PoolSimulation, wakes_come_to_an_end_and_leave_nothing_damped_or_rising) {
    for (std::uint32_t seed = 0; seed < 500; ++seed) {
        std::mt19937 random(seed);
        model::Pool pool = random_pool(random);
        PoolMachine machine(pool);
        Instant now = at(0);
        (void)machine.start({}, now);
        for (int i = 0; i < 6; ++i) {
            const auto index = static_cast<ServerIndex>(random() % pool.servers.size());
            (void)machine.on(CheckFailed{index, "a"}, now);
            (void)machine.on(CheckRecovered{index, "b"}, now + 1ms);
        }
        int wakes = 0;
        for (; machine.wake() && wakes < 2000; ++wakes) {
            ASSERT_GE(*machine.wake(), now) << "seed " << seed;
            now = *machine.wake();
            (void)machine.tick(now);
        }
        ASSERT_LT(wakes, 2000) << "seed " << seed;
        ASSERT_EQ(machine.up_count(), pool.servers.size()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace lvx::health
