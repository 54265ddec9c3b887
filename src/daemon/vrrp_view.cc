#include "daemon/vrrp_view.hh"

#include <algorithm>

namespace lvx::daemon {

namespace {

std::uint64_t microseconds(vrrp::Microseconds time) { return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)); }

std::vector<api::VrrpCount> counts_of(const vrrp::RouterCounters& counters) {
    std::vector<api::VrrpCount> counts = {
        {"advert_rcvd", "advertisements received", counters.adverts_received},
        {"advert_sent", "advertisements sent", counters.adverts_sent},
        {"become_master", "times it became master", counters.became_master},
        {"release_master", "times it stopped being master", counters.released_master},
        {"pri_zero_rcvd", "resignations received", counters.zero_received},
        {"pri_zero_sent", "resignations sent", counters.zero_sent},
        {"late", "times it was displaced because this director did not run", counters.late},
        {"other_addresses", "advertisements with other addresses than ours", counters.other_addresses},
        {"address_conflicts", "ARP packets of others that claim an address held here", counters.address_conflicts},
    };
    for (std::size_t i = 0; i < counters.refused.size(); ++i) {
        const auto refusal = static_cast<vrrp::Refusal>(i);
        counts.push_back({std::string(vrrp::name_of(refusal)), "refused: " + std::string(vrrp::sentence_of(refusal)), counters.refused[i]});
    }
    return counts;
}

api::VrrpInstanceSnapshot snapshot_of(const vrrp::InstanceStatus& status, vrrp::Instant now) {
    api::VrrpInstanceSnapshot result{.name = status.name,
                                     .interface = status.interface,
                                     .group = status.group,
                                     .vrid = status.vrid,
                                     .version = status.version,
                                     .state = std::string(vrrp::name_of(status.state)),
                                     .why = status.why,
                                     .since_ms = microseconds(std::chrono::duration_cast<vrrp::Microseconds>(now - status.since)) / 1000,
                                     .base_priority = status.base_priority,
                                     .priority = status.priority,
                                     .source = status.source.text(),
                                     .master = status.master ? status.master->text() : "",
                                     .master_priority = status.master_priority,
                                     .interval_us = microseconds(status.interval),
                                     .master_interval_us = microseconds(status.master_interval),
                                     .master_down_us = microseconds(status.master_down),
                                     .skew_us = microseconds(status.skew),
                                     .timer_us = status.timer ? status.timer->count() : -1,
                                     .standby = status.standby,
                                     .yielded = status.yielded,
                                     .preempt = status.preempt,
                                     .faults = status.faults,
                                     .addresses_held = status.addresses_held,
                                     .counts = counts_of(status.counters)};
    for (const vrrp::PathStatus& path : status.paths) result.paths.push_back({path.name, path.heard});
    return result;
}

}  // namespace

api::VrrpSnapshot snapshot_of(const vrrp::Status& status, vrrp::Instant now) {
    api::VrrpSnapshot result{.configured = true,
                             .standby = status.standby,
                             .realtime = status.realtime,
                             .lease_us = microseconds(status.lease),
                             .late = status.late,
                             .addresses_restored = status.addresses_restored,
                             .announcements = status.announcements,
                             .send_failures = status.send_failures,
                             .unknown_vrid = status.unknown_vrid,
                             .longest_gap_us = microseconds(status.longest_gap)};
    for (const vrrp::InstanceStatus& instance : status.instances) result.instances.push_back(snapshot_of(instance, now));
    for (const auto& [key, value] : status.observed) result.tracked.push_back({std::string(vrrp::name_of(key.kind)), key.name, value});
    return result;
}

}  // namespace lvx::daemon
