// Gauges set right after a daemon died at a bad moment.
//
// The sweep frees a connection in three stores: it claims the slot, takes the connection off its server's gauges, frees
// the slot.  A daemon killed between them leaves a gauge one too high for ever: its server would look busier than it is
// to lc and wlc, and its id would never be free.  So an adopting daemon counts the table and corrects what is wrong.
//
// Packets go on meanwhile.  A gauge is corrected only if it did not move during several counts that all found the same
// difference; one that moved is left alone: it belongs to a server in use, whom one connection more or less hurts least.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "abi/connection.h"
#include "abi/server.h"

namespace lvx::dataplane {

struct Gauges {
    std::uint32_t active = 0, total = 0, persistent = 0;
    bool operator==(const Gauges&) const = default;
};

// By server id: what the table's live slots, expired ones not yet swept included, add up to.
[[nodiscard]] std::vector<Gauges> count_connections(std::span<const abi::connection> slots, std::size_t servers);

// Corrects `loads` in place, atomically; returns how many servers' gauges were wrong.
std::uint32_t recount(std::span<const abi::connection> slots, std::span<abi::server_load> loads);

}  // namespace lvx::dataplane
