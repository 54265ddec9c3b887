// How often and how long things are checked: said by a checker, else by its real server, else by its virtual server,
// else by the built-in default of its kind.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "config/keepalived/reading.hh"
#include "model/watch.hh"

namespace lvx::config::keepalived {

struct Timing {
    std::optional<model::Microseconds> delay_loop, connect_timeout, delay_before_retry, warmup;
    std::optional<std::uint32_t> retry;
    std::optional<bool> alpha;
};

// Built-in defaults that differ between kinds of checks.
struct TimingDefaults {
    std::uint32_t retry = 1;
    std::optional<model::Microseconds> delay_before_retry = std::chrono::seconds{1};  // nothing: delay_loop
};

// The rows of a block whose draft has a member `timing`.
template <class Draft, Block where>
inline constexpr Row<Draft> timing_rows[] = {
    {"delay_loop", [](Draft& d, const Statement& s, Reading&) { d.timing.delay_loop = duration_of(s, where); }},
    {"connect_timeout", [](Draft& d, const Statement& s, Reading&) { d.timing.connect_timeout = duration_of(s, where); }},
    {"delay_before_retry", [](Draft& d, const Statement& s, Reading&) { d.timing.delay_before_retry = duration_of(s, where); }},
    {"warmup", [](Draft& d, const Statement& s, Reading&) { d.timing.warmup = duration_of(s, where); }},
    {"retry", [](Draft& d, const Statement& s, Reading&) { d.timing.retry = count_of(s, where); }},
    {"alpha", [](Draft& d, const Statement& s, Reading&) { d.timing.alpha = flag_of(s); }},
};

// What `near` does not say is said by `far`.
[[nodiscard]] Timing inherited(const Timing& near, const Timing& far);
[[nodiscard]] model::CheckTiming settled(const Timing& timing, const TimingDefaults& defaults);

}  // namespace lvx::config::keepalived
