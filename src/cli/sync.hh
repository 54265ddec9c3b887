// What "lvx sync status" and "ipvsadm -L --daemon" print.  Pure.
#pragma once

#include <string>

#include "api/sync.hh"

namespace lvx::cli {

[[nodiscard]] std::string sync_text(const api::SyncSnapshot& snapshot);
// A line for each role of the kernel's protocol, as ipvsadm 1.31 words it.
[[nodiscard]] std::string sync_daemons_text(const api::SyncSnapshot& snapshot);

}  // namespace lvx::cli
