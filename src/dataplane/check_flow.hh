// The connection of a check that goes through a virtual service: put into the table before its first packet comes, so that
// it leads to the very server that is checked, whatever its weight, and taken out again when the check is over.  The table
// is in use meanwhile: this is the packet path's own way to insert and to remove (bpf/table).
#pragma once

#include <cstdint>

#include "base/result.hh"
#include "bpf/table/storage.h"
#include "dataplane/dataplane.hh"

namespace lvx::dataplane {

struct CheckFlowIds {
    std::uint32_t service = 0, server = 0, set = 0;
    std::uint32_t tick = 0;
    std::uint32_t client_generation = 0;  // of root: the way back is known
};

[[nodiscard]] Result<void> insert_check(const table::table& table, const CheckFlow& flow, const CheckFlowIds& ids);
void remove_check(const table::table& table, const CheckFlow& flow, std::uint32_t set, std::uint32_t tick);

}  // namespace lvx::dataplane
