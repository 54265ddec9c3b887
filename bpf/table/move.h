/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Making room in a full bucket: one of its connections moves to its other bucket.  With random ends and
 * beginnings at capacity two choices alone fail for 0.4 % of insertions at 72 % load; with one move for none
 * of 26 million even at 80 %, and whatever the order of arrivals four of five connections stay in their
 * primary bucket.
 *
 * The copy comes first, and a lookup that misses looks at the primary bucket again, so it meets one of the
 * two. A packet's change of the original makes the move fail; of the copy, it is kept when the original ends.
 * The connection stays counted once: the original's end and the copy's beginning change no gauge, and where
 * the move fails the copy is counted before it is removed like any other.
 */
#ifndef LVX_TABLE_MOVE_H
#define LVX_TABLE_MOVE_H

#include "bpf/table/claim.h"
#include "bpf/table/control.h"
#include "bpf/table/find.h"
#include "bpf/table/gauge.h"
#include "bpf/table/hash.h"
#include "bpf/table/lookup.h"
#include "bpf/table/mark.h"
#include "bpf/table/remove.h"
#include "bpf/table/storage.h"
#include "bpf/table/tag.h"
#include "bpf/table/tcp_state.h"

TABLE_BEGIN

TABLE_INLINE __u64 slot_hash(const struct table* t, const struct connection* slot) {
    const __u64 ports = slot_word(slot, WORD_PORTS);
    union address client;

    client.halves[0] = slot_word(slot, WORD_CLIENT);
    client.halves[1] = slot_word(slot, WORD_CLIENT + 1);
    return hash_client(t, &client, (__be16)ports, (__u8)(ports >> PORTS_PROTOCOL_SHIFT));
}

TABLE_INLINE __u32 bucket_other(const struct table* t, __u64 hash, __u32 bucket) {
    const __u32 first = bucket_first(hash, table_buckets(t));

    return first == bucket ? bucket_second(hash, table_buckets(t)) : first;
}

/* Copies words and tag into a claimed slot; 0 when the original changed meanwhile and the copy is worth
 * nothing. */
TABLE_INLINE int slot_copy(struct connection* to, const struct connection* from, __u64 control,
                           struct tag_line* line, __u32 lane, __u16 tag) {
    for (__u64 word = WORD_CLIENT; word < SLOT_WORDS; word++)
        store_u64((aliased_u64*)to + word, slot_word(from, word));
    tag_store(line, lane, tag);
    return load_control(from) == control;
}

/* One try to end the original, whose copy is live with control word `copied`; see above for the gauges. */
TABLE_INLINE int move_finish(const struct table* t, struct lookup* lookup, struct connection* slot,
                             __u64 control, __u32 to, __u64 copied, __u32 server) {
    const __u64 claimed = control_claim(control, lookup->now);

    if (swap_u64(&slot->control, control, claimed) == control) {
        lookup->control = claimed;
        return 1;
    }
    gauge_bind(t, lookup->set, server, control_state(copied));
    table_remove(t, to, copied, lookup->set, lookup->now);
    return 0;
}

/* The connection of slot `index` goes to its other bucket.  1: it did, and lookup.control is the claim of
 * the slot it left. */
TABLE_FUNCTION int table_move(const struct table* t, struct lookup* lookup, __u32 index) {
    struct connection *slot = table_slot(t, index), *copy;
    struct tag_line* line;
    __u64 control, hash, live;
    __u32 bucket, server;
    __s32 to;

    TABLE_USES(t);
    if (!lookup || !slot) return 0;
    control = load_control(slot);
    server = slot_server(slot);
    hash = slot_hash(t, slot);
    bucket = bucket_other(t, hash, index / SLOTS_PER_BUCKET);
    line = table_tags(t, bucket);
    if (!line || !control_live(control, lookup->now)) return 0;
    to = table_claim_lane(t, lookup, bucket, lanes_free(line));
    copy = table_slot(t, (__u32)to);
    if (to < 0 || !copy) return 0;
    if (!slot_copy(copy, slot, control, line, (__u32)to % SLOTS_PER_BUCKET, hash_tag(hash))) {
        slot_free(t, (__u32)to, copy, lookup->control);
        return 0;
    }
    live = control_make(control_generation(lookup->control), SLOT_live, control_state(control),
                        control_expires(control));
    if (!claim_end(copy, lookup->control, live)) return 0;
    table_mark(t, (__u32)to);
    return move_finish(t, lookup, slot, control, (__u32)to, live, server);
}

/* Index of a slot of this full bucket whose connection moved, claimed by lookup.control; or TABLE_MISS. */
TABLE_FUNCTION int table_make_room(const struct table* t, struct lookup* lookup, __u32 bucket) {
    TABLE_USES(t);
    for (__u64 lane = 0; lookup && lane < SLOTS_PER_BUCKET; lane++) {
        const __u32 index = bucket * SLOTS_PER_BUCKET + (__u32)lane;

        if (table_move(t, lookup, index)) return (int)index;
    }
    return TABLE_MISS;
}

TABLE_END

#endif
