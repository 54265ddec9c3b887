/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the daemon alone does with the mapped table: expiry in slices, freeing what a killed daemon left claimed,
 * reading a connection whole, and the sizes of a table for a stated capacity.
 */
#ifndef LVX_TABLE_SWEEP_H
#define LVX_TABLE_SWEEP_H

#include "bpf/table/table.h"

TABLE_BEGIN

/* Slots used at the stated capacity, in percent of all: 88 bytes for each connection.  No insertion fails
 * there, after filling and under random churn alike (capacity_test.cc). */
enum { LOAD_PERCENT = 75 };

TABLE_INLINE __u64 buckets_for_capacity(__u64 capacity) {
    const __u64 percent = (__u64)LOAD_PERCENT * SLOTS_PER_BUCKET;

    return (capacity * 100 + percent - 1) / percent;
}

struct sweep_count {
    __u32 expired;
    __u32 live;
};

/* Frees what has expired among slots from .. from + count - 1, and keeps the templates that live connections have.  A packet that refreshes a connection at the
 * same moment wins: the swap is of the exact word seen.  A claim is left alone, however old. */
TABLE_INLINE struct sweep_count table_sweep(const struct table* t, __u32 from, __u32 count, __u32 set,
                                            __u32 now) {
    struct sweep_count seen = {0, 0};

    for (__u32 index = from; index - from < count; index++) {
        struct connection* slot = table_slot(t, index);
        __u64 control = slot ? load_control(slot) : 0, claimed = control_claim(control, now);

        if (!slot) break;
        if (control_live(control, now)) {
            seen.live++;
            if (control_state(control) != STATE_template) template_sustain(t, slot, control, set, now);
        }
        if (control_status(control) != SLOT_live || !control_expired(control, now)) continue;
        if (swap_u64(&slot->control, control, claimed) != control) continue;
        release_gauges(t, slot, control, set);
        slot_free(t, index, slot, claimed);
        seen.expired++;
    }
    return seen;
}

/* Templates learn of what their connections are now, not within the second the next sweep takes. */
TABLE_INLINE void table_assure(const struct table* t, __u32 set, __u32 now) {
    for (__u32 index = 0; table_slot(t, index); index++) {
        const struct connection* slot = table_slot(t, index);
        const __u64 control = load_control(slot);

        if (control_live(control, now) && control_state(control) != STATE_template)
            template_sustain(t, slot, control, set, now);
    }
}

/* Frees a slot whose claim `claimed` nobody will finish; 0: it was finished.  Only where that is certain: seen before
 * a grace period that every packet has outlived, by a daemon that has begun no insertion of its own and knows its
 * predecessor to be dead.  The new generation would refuse a claimer that came back nevertheless.  Whether the claim
 * had counted its gauge is not known: gauges are to be counted anew. */
TABLE_INLINE int claim_abandoned(const struct table* t, __u32 index, __u64 claimed, __u32 now) {
    struct connection* slot = table_slot(t, index);
    const __u64 control = slot ? load_control(slot) : 0, taken = control_claim(control, now);

    if (!slot || control_status(claimed) != SLOT_claimed || !control_same(control, claimed)) return 0;
    if (swap_u64(&slot->control, control, taken) != control) return 0;
    slot_free(t, index, slot, taken);
    return 1;
}

/* The connection of a slot, all of one moment; control is 0 when there is none or it is just changing hands.
 */
TABLE_INLINE struct connection table_copy(const struct table* t, __u32 index) {
    struct connection copy = {};
    const struct connection* slot = table_slot(t, index);
    aliased_u64* words = (aliased_u64*)&copy;
    __u64 control;

    if (!slot) return copy;
    control = load_control(slot);
    if (control_status(control) != SLOT_live) return copy;
    for (__u64 word = WORD_CLIENT; word < SLOT_WORDS; word++)
        words[word] = slot_word(slot, word);
    if (control_same(load_control(slot), control)) copy.control = control;
    return copy;
}

TABLE_END

#endif
