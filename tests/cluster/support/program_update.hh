// The data plane's programs replaced while they carry traffic, by the same calls the daemon makes.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hh"
#include "base/result.hh"
#include "support/cluster.hh"

namespace lvx::cluster {

// The program of `hook` ("xdp" or "tc") that is pinned now.
[[nodiscard]] Result<Fd> running_program(const Cluster& cluster, std::string_view hook);
[[nodiscard]] Result<void> replace_program(const Cluster& cluster, std::string_view hook, const std::string& device,
                                           const Fd& program);

}  // namespace lvx::cluster
