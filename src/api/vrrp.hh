// What is told and ordered about virtual routers.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "api/answer.hh"

namespace lvx::api {

struct VrrpPathSnapshot {
    std::string name;                     // "eth0", "eth2 to 10.9.0.2"
    bool heard = false;                   // somebody advertises on it
    bool operator==(const VrrpPathSnapshot&) const = default;
};

struct VrrpCount {
    std::string name, sentence;           // keepalived's counter or ours; why a packet was refused
    std::uint64_t count = 0;
    bool operator==(const VrrpCount&) const = default;
};

struct VrrpTrackedSnapshot {
    std::string kind, name;               // "script", "check_web"
    std::int64_t value = 0;               // 1 good, 0 bad; of a file its number
    bool operator==(const VrrpTrackedSnapshot&) const = default;
};

struct VrrpInstanceSnapshot {
    std::string name, interface, group;   // group "": in no sync group
    std::uint32_t vrid = 0, version = 2;
    std::string state, why;               // "MASTER", "no advertisement within its time"
    std::uint64_t since_ms = 0;           // in this state for so long
    std::uint32_t base_priority = 0, priority = 0;
    std::string source, master;           // master "": nobody heard
    std::uint32_t master_priority = 0;
    std::uint64_t interval_us = 0, master_interval_us = 0, master_down_us = 0, skew_us = 0;
    std::int64_t timer_us = -1;           // what was left of it; -1: none runs
    bool standby = false, yielded = false, preempt = true;
    std::vector<std::string> faults;
    std::vector<VrrpPathSnapshot> paths;
    std::uint64_t addresses_held = 0;
    std::vector<VrrpCount> counts;
    bool operator==(const VrrpInstanceSnapshot&) const = default;
};

struct VrrpSnapshot {
    bool configured = false, standby = false, realtime = false;
    std::uint64_t lease_us = 0;           // length of the lease under which addresses are answered for; 0: none is taken
    std::uint64_t late = 0;               // times this director was displaced because it did not run
    std::uint64_t addresses_restored = 0, announcements = 0, send_failures = 0, unknown_vrid = 0;
    std::uint64_t longest_gap_us = 0;     // between two adverts of a master
    std::vector<VrrpInstanceSnapshot> instances;
    std::vector<VrrpTrackedSnapshot> tracked;
    bool operator==(const VrrpSnapshot&) const = default;
};

struct VrrpOrder {
    std::string instance;                 // failover: which
    bool on = true;                       // standby: on or off
    bool operator==(const VrrpOrder&) const = default;
};

class VrrpDesk {
 public:
    virtual ~VrrpDesk() = default;

    [[nodiscard]] virtual VrrpSnapshot vrrp() const = 0;
    // Refused where there is no such instance, or this director is not its master.
    [[nodiscard]] virtual std::expected<void, Problem> failover(const VrrpOrder& order, const std::string& by) = 0;
    [[nodiscard]] virtual std::expected<void, Problem> standby(const VrrpOrder& order, const std::string& by) = 0;
};

}  // namespace lvx::api
