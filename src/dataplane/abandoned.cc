#include "dataplane/abandoned.hh"

#include "bpf/table/sweep.h"

namespace lvx::dataplane {

std::vector<Claim> claims(const table::table& table) {
    std::vector<Claim> result;
    const std::uint32_t slots = table.buckets * SLOTS_PER_BUCKET;
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        const std::uint64_t control = load_control(&table.slots[slot]);
        if (table::control_status(control) == abi::SLOT_claimed) result.push_back({.slot = slot, .control = control});
    }
    return result;
}

std::uint32_t free_abandoned(const table::table& table, std::uint32_t tick, const std::function<void()>& wait_for_packets) {
    const std::vector<Claim> seen = claims(table);
    if (seen.empty()) return 0;
    wait_for_packets();
    std::uint32_t freed = 0;
    for (const Claim& claim : seen)
        freed += static_cast<std::uint32_t>(table::claim_abandoned(&table, claim.slot, claim.control, tick));
    return freed;
}

}  // namespace lvx::dataplane
