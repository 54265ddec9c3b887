/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Taking a slot that is free, or whose connection has expired, which then ends here. */
#ifndef LVX_TABLE_CLAIM_H
#define LVX_TABLE_CLAIM_H

#include "bpf/table/control.h"
#include "bpf/table/lookup.h"
#include "bpf/table/remove.h"
#include "bpf/table/storage.h"
#include "bpf/table/tag.h"

TABLE_BEGIN

/* Claims a slot that no connection had, if so: the usual case, without a call. */
TABLE_INLINE __s32 claim_free(const struct table* t, struct lookup* lookup, __u32 index) {
    struct connection* slot = table_slot(t, index);
    const __u64 control = slot ? load_control(slot) : 0;

    if (!slot || control_status(control) != SLOT_free) return TABLE_MISS;
    lookup->control = control_claim(control, lookup->now);
    return swap_u64(&slot->control, control, lookup->control) == control ? (__s32)index : TABLE_MISS;
}

/* Claims one of `lanes` that is free or expired: its index, and lookup.control is the claim; or TABLE_MISS.
 */
TABLE_FUNCTION int table_claim_lane(const struct table* t, struct lookup* lookup, __u32 bucket, __u64 lanes) {
    TABLE_USES(t);
    for (__u64 tried = 0; lookup && lanes && tried < SLOTS_PER_BUCKET; tried++, lanes &= lanes - 1) {
        __u32 index = bucket * SLOTS_PER_BUCKET + lane_lowest(lanes);
        struct connection* slot = table_slot(t, index);
        __u64 control;

        if (!slot) return TABLE_MISS;
        control = load_control(slot);
        if (!control_claimable(control, lookup->now)) continue;
        lookup->control = control_claim(control, lookup->now);
        if (swap_u64(&slot->control, control, lookup->control) == control) {
            release_gauges(t, slot, control, lookup->set);
            return (int)index;
        }
    }
    return TABLE_MISS;
}

TABLE_END

#endif
