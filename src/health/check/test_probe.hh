// Checks for tests against small and real servers.
#pragma once

#include "health/single.hh"

namespace lvx::health::testing {

inline Outcome run_check(const model::Check& check, const Trust& trust) { return run_single(check, trust, start_check); }

inline model::Check check_of(model::CheckKind kind, const Endpoint& target) {
    return {.target = {.endpoint = target, .bind = {}, .bind_interface = {}}, .timing = {.connect_timeout = std::chrono::seconds(20)}, .kind = std::move(kind)};
}

// For servers of which nothing is to come.
inline model::Check quick_check(model::CheckKind kind, const Endpoint& target) {
    model::Check check = check_of(std::move(kind), target);
    check.timing.connect_timeout = std::chrono::milliseconds(150);
    return check;
}

}  // namespace lvx::health::testing
