// Programs and tables: made, or adopted from the pins of an earlier daemon, and pinned.  The programs are always our
// own, newly loaded on the adopted tables, so that an upgraded daemon upgrades the packet path.
#pragma once

#include <cstdint>

#include "dataplane/dataplane.hh"
#include "dataplane/pins.hh"
#include "dataplane/sizes.hh"
#include "dataplane/tables.hh"

namespace lvx::dataplane {

struct Programs {
    Fd xdp, tc, clock;
};

struct Loaded {
    Tables tables;
    Programs programs;
    bool adopted = false;
};

// Tables exist below `pins`, complete or not: only complete ones are adopted, others are removed.
[[nodiscard]] Result<Loaded> load(const Pins& pins, const Options& options);

// The pinned tables as they are, for whoever only looks.
[[nodiscard]] Result<Tables> open_tables(const Pins& pins);

// Jiffies as the data plane counts them.
[[nodiscard]] std::uint64_t jiffies(const Fd& clock_program);

}  // namespace lvx::dataplane
