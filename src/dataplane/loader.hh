// Programs and tables: made, or adopted from the pins of an earlier daemon, and pinned.  The programs are always our
// own, newly loaded on the adopted tables, so that an upgraded daemon upgrades the packet path.
#pragma once

#include <cstdint>

#include "dataplane/dataplane.hh"
#include "dataplane/pins.hh"
#include "dataplane/sizes.hh"
#include "dataplane/tables.hh"

namespace lvx::dataplane {

// A hook's program goes on in those of its `rests` (bpf/lvx.bpf.c), which the kernel empties when nobody holds them.
struct Programs {
    Fd xdp, tc, clock;
    Fd xdp_rests, tc_rests;
};

struct Loaded {
    Tables tables;
    Programs programs;
    bool adopted = false;
};

// Tables exist below `pins`, complete or not: only complete ones are adopted, others are removed.
[[nodiscard]] Result<Loaded> load(const Pins& pins, const Options& options);

// Lets go of the rests of programs that are no longer attached, once ours are.
void forget_old_rests(const Pins& pins, const Programs& programs);

// The pinned tables as they are, for whoever only looks.
[[nodiscard]] Result<Tables> open_tables(const Pins& pins);

// Jiffies as the data plane counts them.
[[nodiscard]] std::uint64_t jiffies(const Fd& clock_program);

}  // namespace lvx::dataplane
