// When a check runs and what its results mean: keepalived's rules, as a pure function.
//
//   first run      1 s after start plus a random part of the warm-up
//   success        up at once; a list of urls needs a whole clean round
//   failure        while up: again after delay_before_retry, `retry` times, then down; the very first result of a
//                  check is decisive at once
//   afterwards     delay_loop after the end of a run (MISC: after its start)
//   local error    (no socket, no route) says nothing about the server: the next run is due as usual
#pragma once

#include <cstdint>

#include "health/instant.hh"
#include "model/watch.hh"

namespace lvx::health {

inline constexpr Micros bootstrap_delay{1'000'000};

enum class Verdict : std::uint8_t { passed, failed, local_error };

// What of a check's kind and list the timing depends on.
struct CheckShape {
    std::uint16_t steps = 1;              // urls
    bool from_start = false;              // MISC: delay_loop counts from the start of a run
    bool fast_recovery = false;           // urls of a round follow each other at once while down
    bool slow_retry_when_down = false;    // HTTP: max(delay_before_retry, delay_loop)
    bool operator==(const CheckShape&) const = default;
};

struct CheckMemory {
    bool up = true;                       // does not count as failed
    bool has_run = false;
    bool clean_round = true;              // every url since the first one passed: a whole round leads to "up"
    std::uint16_t step = 0;               // url to be tried next
    std::uint32_t tries = 0;              // failures in a row while up
    bool operator==(const CheckMemory&) const = default;
};

enum class Change : std::uint8_t { none, went_up, went_down };

struct CheckStep {
    CheckMemory memory;
    Change change = Change::none;
    Micros next{0};                       // from the end of the run
    bool operator==(const CheckStep&) const = default;
};

[[nodiscard]] CheckShape shape_of(const model::Check& check);
[[nodiscard]] CheckMemory begin(const model::CheckTiming& timing);
// `chance`: any number, evenly spread.
[[nodiscard]] Micros first_delay(const model::CheckTiming& timing, std::uint64_t chance);
[[nodiscard]] CheckStep finished(CheckMemory memory, const model::CheckTiming& timing, const CheckShape& shape,
                                 Verdict verdict, Micros took);

}  // namespace lvx::health
