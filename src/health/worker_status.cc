#include <algorithm>

#include "health/names.hh"
#include "health/worker_parts.hh"

namespace lvx::health {
namespace {

std::uint64_t seconds_since(Instant then, Instant now) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(now - then).count()));
}

}  // namespace

Status Worker::status(Instant now) const {
    Status status;
    if (!setting_) return status;
    for (SlotIndex i = 0; i < slots_.size(); ++i) {
        const Slot& slot = slots_[i];
        const model::Pool& pool = setting_->pools[slot.pool];
        api::CheckSnapshot check = {.pool = pool_text(pool), .server = pool.servers[slot.server].endpoint.text(),
                                    .kind = std::string(kind_name(*slot.check)), .target = target_text(*slot.check)};
        check.state = suspended(pool, *slot.check) ? "suspended" : !slot.memory.has_run ? "waiting" : slot.memory.up ? "up" : "down";
        check.result = slot.reason;
        check.since_s = seconds_since(slot.since, now);
        const auto next = timers_.when(i);
        if (next && !slot.run) check.next_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(*next - now).count()));
        check.runs = slot.runs;
        check.failures = slot.failures;
        check.last_us = slot.last_us;
        status.checks.push_back(std::move(check));
    }
    for (std::uint32_t number = 0; number < pools_.size(); ++number) {
        const model::Pool& pool = setting_->pools[number];
        const PoolView view = pools_[number]->view(now);
        for (ServerIndex s = 0; s < pool.servers.size(); ++s) {
            const ServerMemory& memory = pools_[number]->server(s);
            status.servers.push_back({.pool = pool_text(pool), .server = pool.servers[s].endpoint.text(),
                                      .state = std::string(pools_[number]->state_word(s, now)), .reason = memory.up ? "" : memory.reason,
                                      .since_s = seconds_since(memory.since, now), .weight = view.servers[s].weight});
        }
    }
    return status;
}

WorkerCounters Worker::counters() const {
    WorkerCounters counters = counters_;
    counters.running = running_;
    return counters;
}

}  // namespace lvx::health
