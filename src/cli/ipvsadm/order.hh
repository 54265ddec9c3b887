// The order in which ipvsadm lists: services by mark, family, protocol, address and port, servers by family, address
// and port.  IPv4 addresses are compared by the sign of their 32-bit difference, so that 192.0.2.10 comes before
// 10.0.0.1; this is no order in the mathematical sense, hence a merge sort that is defined for any comparison and
// takes the same steps as the C library's, which the real tool uses.
#pragma once

#include <vector>

#include "api/snapshot.hh"

namespace lvx::cli::ipvsadm {

[[nodiscard]] std::vector<api::ServiceSnapshot> sorted(std::vector<api::ServiceSnapshot> services);
[[nodiscard]] std::vector<api::ServerSnapshot> sorted(std::vector<api::ServerSnapshot> servers);

}  // namespace lvx::cli::ipvsadm
