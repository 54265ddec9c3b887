// What it costs the packet path that another director is told of every change of a connection.
//
// Each instance is a program and maps of its own; with and without are the very same ones: root.change_feed and the
// listening thread are switched at run time, so that where things lie in memory is the same by construction.  Slices of
// a few milliseconds stand in fours, without with with without or the other way round, by seed; one four gives one ratio,
// the mean of the middle half of all is told with its interval of confidence.  Fours in which nobody ever listens stand among them and
// must show nothing, and fours in which the thread computes without touching what packets touch: two virtual processors
// may be one core's.
//
// The thread does what the daemon's does, but for TLS: it drains the change feed, reads the slots, writes frames, goes
// through the table with digests.  Its peer acknowledges everything at once.
#pragma once

#include <cstdint>

#include "base/result.hh"
#include "bench/packet/subject.hh"

namespace lvx::bench {

struct SyncCostOptions {
    std::uint32_t flows = 0, instances = 9;
    std::uint64_t seed = 1;
    bool json = false;
};

[[nodiscard]] Result<void> print_sync_cost(Elf object, const SyncCostOptions& options);

}  // namespace lvx::bench
