// The data plane's programs replaced while they carry traffic, by the same calls the daemon makes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "support/cluster.hh"

namespace lvx::cluster {

// The program of `hook` ("xdp" or "tc") that is pinned now.
[[nodiscard]] Result<Fd> running_program(const Cluster& cluster, std::string_view hook);
// The arrays through which it goes on (bpf/lvx.bpf.c): the kernel empties them when nobody holds them, and a daemon that
// has put its own programs in their place holds them no longer.
[[nodiscard]] Result<std::vector<Fd>> hold_rests(const Cluster& cluster);
[[nodiscard]] Result<void> replace_program(const Cluster& cluster, std::string_view hook, const std::string& device,
                                           const Fd& program);

}  // namespace lvx::cluster
