// The order in which ipvsadm prints: services by mark, family, protocol, address and port; servers by family, address
// and port.  IPv4 addresses are compared by the sign of their 32-bit difference, as the real tool does, so that
// 192.0.2.10 comes before 10.0.0.1.  That is no order in the mathematical sense, hence a merge sort, which is defined
// for any comparison and takes the steps of the C library's.
#pragma once

#include <vector>

#include "model/model.hh"

namespace lvx::config::ipvsadm {

[[nodiscard]] std::vector<model::Service> sorted(std::vector<model::Service> services);
[[nodiscard]] std::vector<model::Server> sorted(std::vector<model::Server> servers);

}  // namespace lvx::config::ipvsadm
