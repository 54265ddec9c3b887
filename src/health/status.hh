// What people are told of health: `lvx checks`, GET /v1/checks and the metrics.  Filled by the health thread, read by
// the daemon's main loop; plain values (api/snapshot.hh).
#pragma once

#include "api/snapshot.hh"

namespace lvx::health {

using Status = api::ChecksSnapshot;  // checks and servers in the order of the configuration

}  // namespace lvx::health
