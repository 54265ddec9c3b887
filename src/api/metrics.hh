// The page that Prometheus reads (text format 0.0.4), as a pure function of snapshots.  Names and labels are fixed: they
// are an interface.  Only counters and states, never rates; addresses stand in the *_info series alone, so that the
// others stay small and are joined by `service` and `server`.
#pragma once

#include <string>
#include <vector>

#include "api/door.hh"
#include "api/events.hh"
#include "api/snapshot.hh"
#include "api/sync.hh"
#include "api/vrrp.hh"
#include "api/work.hh"

namespace lvx::api {

struct MetricsInput {
    StatusSnapshot status;
    ServicesSnapshot services;
    std::vector<VerdictSnapshot> verdicts;
    std::vector<InterfaceSnapshot> interfaces;
    ServerCounters door;
    ChecksSnapshot checks = {};
    const model::EventRing* events = nullptr;  // none: no counters of events
    BfdSessions bfd = {};
    SyncSnapshot sync = {};
    VrrpSnapshot vrrp = {};
    WorkCounts work = {};
};

[[nodiscard]] std::string metrics(const MetricsInput& input);

}  // namespace lvx::api
