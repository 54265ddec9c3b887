// What is told of checks, notifications, their scripts, and BFD packets that belong to nobody; pure.
#pragma once

#include "api/work.hh"
#include "bfd/driver.hh"
#include "health/worker.hh"
#include "notify/messenger.hh"

namespace lvx::daemon {

[[nodiscard]] api::WorkCounts work_counts(const health::WorkerCounters& checks, const notify::Counters& notices, const bfd::DoorCounters& packets);

}  // namespace lvx::daemon
