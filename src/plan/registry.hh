// Which ids a cluster's services and servers get: those they have, else the lowest free ones.  An id stays taken
// while a connection names it, and for one more change after its removal, because a packet that is under way may
// still choose it from the set that was active before.
#pragma once

#include "plan/image.hh"

namespace lvx::plan {

// `members`: the rows that members of firewall marks need (MarkedPackets::rows()).
[[nodiscard]] Result<Registry> assign_ids(const model::Cluster& cluster, const std::vector<model::ServiceKey>& members, const Running& running,
                                          const Limits& limits);

}  // namespace lvx::plan
