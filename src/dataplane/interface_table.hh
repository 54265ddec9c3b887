// The table in which a packet finds its interface (abi/interface.h): a small hash that is read while it is written.
// Pure but for the memory it is given.
#pragma once

#include <span>
#include <vector>

#include "abi/interface.h"
#include "base/result.hh"

namespace lvx::dataplane {

using InterfaceTable = std::span<abi::interface>;

// Writes or rewrites the row of row.ifindex.  ENOSPC: its places are taken by others.
[[nodiscard]] Result<void> describe(InterfaceTable table, const abi::interface& row);
void forget(InterfaceTable table, std::uint32_t ifindex);
[[nodiscard]] std::vector<abi::interface> described(InterfaceTable table);
// A number for the counters that no row has; never 0.  ENOSPC: INTERFACE_LIMIT - 1 are attached.
[[nodiscard]] Result<std::uint32_t> free_slot(InterfaceTable table);

}  // namespace lvx::dataplane
