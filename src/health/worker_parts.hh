// The worker's own parts, for its .cc files: a slot for each check, a run for each that is under way.
#pragma once

#include "health/worker.hh"

namespace lvx::health {

// From so many TCP checks a second on they are a crowd: ended before the server's application hears of them, from ports
// that their sockets keep, looked at together.
inline constexpr double crowd_rate = 2000;

struct Worker::Slot {
    const model::Check* check = nullptr;  // of the setting
    std::uint32_t pool = 0;
    ServerIndex server = 0;
    CheckMemory memory;
    std::uint32_t runs = 0, failures = 0, last_us = 0;
    std::int64_t weight_added = 0;
    Instant since{}, started{};
    std::string reason;                   // of the last run
    std::unique_ptr<Run> run;             // while it is under way
};

struct Worker::Run {
    Probe probe;
    SlotIndex slot = 0;
    std::shared_ptr<const Setting> keeps;  // what the coroutine points into, though a reload came meanwhile
    Task<Outcome> task;
};

// What a new setting takes over from the one before.
struct Worker::Carried {
    std::shared_ptr<const Setting> setting;
    std::vector<Slot> slots;
    std::vector<std::optional<Instant>> times;      // of slots
    std::vector<std::unique_ptr<PoolMachine>> pools;
    struct Place {
        std::uint32_t pool = 0;
        ServerIndex server = 0;
        std::uint32_t first_slot = 0, slots = 0;
    };
    std::map<std::pair<model::ServiceKey, Endpoint>, Place> servers;
    std::map<model::ServiceKey, std::uint32_t> pool_numbers;
};

[[nodiscard]] inline bool runs_by_itself(const model::Check& check) {
    return !std::holds_alternative<model::FileCheck>(check.kind) && !std::holds_alternative<model::BfdCheck>(check.kind);
}

}  // namespace lvx::health
