// What the VRRP thread tells about itself: values, copied out of the thread, printed by `lvx vrrp`, the API, metrics and
// the dumps under keepalived's names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vrrp/router.hh"

namespace lvx::vrrp {

struct PathStatus {
    std::string name;              // interface, or interface and peer
    bool heard = false;            // within the last master_down time
    bool operator==(const PathStatus&) const = default;
};

struct InstanceStatus {
    std::string name, interface, group;
    std::uint8_t vrid = 0, version = 2;
    State state = State::init;
    std::string why;
    Instant since{};
    std::uint8_t base_priority = 100, priority = 100;
    Address source;
    std::optional<Address> master;          // another one, as last heard
    std::uint8_t master_priority = 0;
    Microseconds interval{0}, master_interval{0}, master_down{0}, skew{0};
    std::optional<Microseconds> timer;      // what is left of it
    bool standby = false, yielded = false, preempt = true;
    std::vector<std::string> faults;
    std::vector<PathStatus> paths;
    std::size_t addresses_held = 0;
    RouterCounters counters;
};

struct Status {
    Instant at{};
    std::vector<InstanceStatus> instances;
    Observed observed;
    bool realtime = false;                  // SCHED_FIFO was granted
    Microseconds lease{0};                  // its length; 0 = none is taken
    bool standby = false;
    std::uint64_t late = 0, unknown_vrid = 0, addresses_restored = 0, announcements = 0, send_failures = 0;
    Microseconds longest_gap{0};            // between two adverts of one master, since the last reset
};

}  // namespace lvx::vrrp
