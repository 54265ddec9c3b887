// Slots that a killed daemon left claimed.
//
// Packets never take over a claim, since its maker may still be writing (bpf/table/control.h), so a daemon that died
// inside an insertion or a sweep leaves a slot that nobody would ever free.  Only an adopting daemon can tell: its
// predecessor is dead, it has inserted nothing itself yet, and every packet that held a claim when it looked is through
// after a grace period.  A claim that is still the same then is nobody's.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "bpf/table/table.h"

namespace lvx::dataplane {

struct Claim {
    std::uint32_t slot = 0;
    std::uint64_t control = 0;
};

[[nodiscard]] std::vector<Claim> claims(const table::table& table);

// Frees what is claimed and is still claimed by the same after `wait_for_packets`, which is not called when nothing is.
// Returns how many were freed.  Gauges are to be counted anew afterwards (recount.hh).
std::uint32_t free_abandoned(const table::table& table, std::uint32_t tick, const std::function<void()>& wait_for_packets);

}  // namespace lvx::dataplane
