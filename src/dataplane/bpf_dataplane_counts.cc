// What happens to counters when ids are given out anew, and which rows of marks' members must stay.
#include <algorithm>

#include "bpf/table/find.h"
#include "dataplane/bpf_dataplane.hh"
#include "dataplane/counters.hh"
#include "plan/marks.hh"

namespace lvx::dataplane {

// Rows of members that were removed, and that connections still name: asked of the table only where there are such rows.
std::vector<bool> BpfDataplane::members_in_use() const {
    const auto is_removed = [](const abi::service& row) { return (row.flags & (abi::SERVICE_MEMBER | abi::SERVICE_PRESENT)) == abi::SERVICE_MEMBER; };
    if (!image_ || image_->members.empty() || std::ranges::none_of(image_->services, is_removed)) return {};
    std::vector<bool> result(image_->services.size());
    const std::uint32_t slots = table_.buckets * SLOTS_PER_BUCKET;
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        if (table::control_status(load_control(&table_.slots[slot])) == abi::SLOT_free) continue;
        const std::uint32_t id = table::slot_service(&table_.slots[slot]);
        if (id < result.size() && is_removed(image_->services[id])) result[id] = true;
    }
    return result;
}

// Ids that are new start at zero.  A service that was removed starts anew with its servers; a server taken back by a
// service that stayed keeps its counters, as IPVS takes servers back from its trash.  So does a member of a mark.
void BpfDataplane::count_anew(const plan::Image& next) {
    const auto present = [&](std::uint32_t id) { return image_ && (image_->services[id].flags & abi::SERVICE_PRESENT); };
    const auto stays = [&](const model::ServiceKey& key, std::uint32_t id) {
        if (!plan::is_member(key)) return present(id);
        return image_ && image_->registry.services.contains(key) && present(next.services[id].leader);
    };
    hand_over_counters(next);
    for (const auto& [key, id] : next.registry.services)
        if (!stays(key, id)) zero_service(loaded_.tables, id);
    for (const auto& [place, id] : next.registry.servers)
        if (!present(place.first) || !image_->registry.servers.contains(place)) zero_server(loaded_.tables, id);
}

// What was counted for a mark by members whose rows become free stays counted.
void BpfDataplane::hand_over_counters(const plan::Image& next) {
    if (!image_) return;
    for (const auto& [leader, members] : image_->members)
        for (const std::uint32_t id : members)
            if (!next.registry.services.contains(plan::key_of(image_->services, id))) move_service_traffic(loaded_.tables, id, leader);
}

std::span<const std::uint32_t> BpfDataplane::members_of(std::uint32_t service) const {
    const auto found = image_->members.find(service);
    return found == image_->members.end() ? std::span<const std::uint32_t>{} : std::span<const std::uint32_t>(found->second);
}

}  // namespace lvx::dataplane
