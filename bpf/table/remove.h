/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ending a connection: its slot is claimed first, and only then its tag is cleared and its gauges are counted
 * down. Nobody else may write the tag meanwhile, so a connection that reuses the slot cannot lose its tag to
 * us.
 */
#ifndef LVX_TABLE_REMOVE_H
#define LVX_TABLE_REMOVE_H

#include "bpf/table/control.h"
#include "bpf/table/find.h"
#include "bpf/table/gauge.h"
#include "bpf/table/mark.h"
#include "bpf/table/storage.h"
#include "bpf/table/tag.h"
#include "bpf/table/tcp_state.h"

TABLE_BEGIN

enum { SWAP_TRIES = 4 };

/* What the caller's claim took over: `before` is the control word it replaced. */
TABLE_INLINE void release_gauges(const struct table* t, const struct connection* slot, __u64 before,
                                 __u32 set) {
    if (control_status(before) == SLOT_live)
        gauge_unbind(t, set, slot_server(slot), control_state(before));
}

/* Our claim becomes `next`; 0: it is no longer ours (sweep.h, claim_abandoned).  A packet of the slot's former
 * connection that is late may have written an expiry into the claim (step/plain.h), once for each CPU at most. */
TABLE_INLINE int claim_end(struct connection* slot, __u64 claimed, __u64 next) {
    __u64 seen = claimed;

    for (__u64 tried = 0; tried < SWAP_TRIES && control_same(seen, claimed); tried++) {
        const __u64 before = swap_u64(&slot->control, seen, next);

        if (before == seen) return 1;
        seen = before;
    }
    return 0;
}

/* Hands a claimed slot back. */
TABLE_INLINE void slot_free(const struct table* t, __u32 index, struct connection* slot, __u64 claimed) {
    struct tag_line* line = table_tags(t, index / SLOTS_PER_BUCKET);

    if (line) tag_store(line, index % SLOTS_PER_BUCKET, 0);
    claim_end(slot, claimed, control_make(control_generation(claimed), SLOT_free, 0, 0));
    table_mark(t, index);
}

/* Ends the connection whose control word was `seen`, in whatever state it is by now.  1: done; 0: it was
 * gone, or others kept changing it, then it is left alive. */
TABLE_FUNCTION int table_remove(const struct table* t, __u32 index, __u64 seen, __u32 set, __u32 now) {
    struct connection* slot = table_slot(t, index);

    TABLE_USES(t);
    for (__u64 tried = 0; slot && tried < SWAP_TRIES; tried++) {
        __u64 control = load_control(slot), claimed = control_claim(control, now);

        if (!control_same(control, seen)) return 0;
        if (swap_u64(&slot->control, control, claimed) == control) {
            release_gauges(t, slot, control, set);
            slot_free(t, index, slot, claimed);
            return 1;
        }
    }
    return 0;
}

TABLE_END

#endif
