// A cluster as keepalived.conf: what load() reads back to an equal cluster.
#pragma once

#include <string>

#include "model/model.hh"

namespace lvx::config::keepalived {

// Services and servers in the order in which they were added.
[[nodiscard]] std::string print(const model::Cluster& cluster);

}  // namespace lvx::config::keepalived
