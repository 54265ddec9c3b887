// Snapshots in the order in which ipvsadm prints (config/ipvsadm/order.hh says which and why).  Servers are handed to it
// newest first, as the kernel hands them to the real tool: its comparison is no order in the mathematical sense, so the
// result depends on where it starts.
#pragma once

#include <vector>

#include "api/snapshot.hh"

namespace lvx::cli::ipvsadm {

[[nodiscard]] std::vector<api::ServiceSnapshot> sorted(std::vector<api::ServiceSnapshot> services);
// `servers` in the order added.
[[nodiscard]] std::vector<api::ServerSnapshot> sorted(std::vector<api::ServerSnapshot> servers);

}  // namespace lvx::cli::ipvsadm
