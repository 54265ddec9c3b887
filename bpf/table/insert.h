/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A new connection.  Several CPUs may insert the same one at once (a SYN and its retransmission on two
 * queues), and two services may want one client port to reach one server, which a reply could not tell apart.
 * So:
 *
 *   look for rivals -> claim a slot -> fill it -> tag it -> publish it -> look for rivals again
 *
 * Whoever publishes second sees the first (both are full barriers).  Of two equal connections the one that a
 * lookup meets first stays, whoever notices removes the other; each ends exactly once, by compare-and-swap.
 */
#ifndef LVX_TABLE_INSERT_H
#define LVX_TABLE_INSERT_H

#include "bpf/table/control.h"
#include "bpf/table/find.h"
#include "bpf/table/gauge.h"
#include "bpf/table/hash.h"
#include "bpf/table/lookup.h"
#include "bpf/table/mark.h"
#include "bpf/table/move.h"
#include "bpf/table/remove.h"
#include "bpf/table/storage.h"
#include "bpf/table/tag.h"

TABLE_BEGIN

enum rivalry { RIVAL_none, RIVAL_equal, RIVAL_ambiguous };

TABLE_INLINE int same_server(const struct table* t, __u32 set, __u32 one, __u32 other) {
    const struct server* server = table_server(t, set, one);

    return server && server_has_address(t, set, other, &server->address);
}

TABLE_INLINE enum rivalry rival_kind(const struct table* t, const struct connection* slot,
                                     const struct lookup* lookup, const struct opening* opening) {
    const __u64 ports = request_ports(lookup) | (__u64)opening->server_port << PORTS_SERVER_SHIFT;
    const __u64 difference = slot_word(slot, WORD_PORTS) ^ ports;

    if (slot_difference(slot, lookup, ports, PORTS_REQUEST_MASK & PORTS_REPLY_MASK)) return RIVAL_none;
    if (!(difference & PORTS_REQUEST_MASK) &&
        service_has_address(t, lookup->set, slot_service(slot), &lookup->other))
        return RIVAL_equal;
    if (lookup->flags & CONNECTION_TEMPLATE) return RIVAL_none; /* nobody answers it */
    if (!(difference & PORTS_REPLY_MASK) && same_server(t, lookup->set, opening->server, slot_server(slot)))
        return RIVAL_ambiguous;
    return RIVAL_none;
}

TABLE_INLINE __u64 birth_of(__u32 index, __u64 control) {
    return (__u64)control_generation(control) << 32 | index;
}

/* One candidate.  Returns the index that stays when it is not `self`, TABLE_AMBIGUOUS, or TABLE_MISS: go on.
 */
TABLE_INLINE __s32 settle_one(const struct table* t, struct lookup* lookup, const struct opening* opening,
                              __u32 index, __u64 birth, int self_passed) {
    const struct connection* slot = table_slot(t, index);
    enum rivalry kind;
    __u64 control;

    if (!slot) return TABLE_MISS;
    control = load_control(slot);
    if (!control_live(control, lookup->now)) return TABLE_MISS;
    kind = rival_kind(t, slot, lookup, opening);
    if (kind == RIVAL_ambiguous) return TABLE_AMBIGUOUS;
    if (slot_birth(slot) == birth) return TABLE_MISS; /* self, on the move */
    if (kind == RIVAL_equal && self_passed) table_remove(t, index, control, lookup->set, lookup->now);
    if (kind != RIVAL_equal || self_passed) return TABLE_MISS;
    lookup->control = control;
    return (__s32)index;
}

/* Rivals in one bucket, in the order a lookup visits them, of `self`: an index, or ID_NONE before there is
 * one. TABLE_MISS: none that matters; the index of the one that stays instead; or TABLE_AMBIGUOUS. */
TABLE_FUNCTION int table_settle(const struct table* t, struct lookup* lookup, const struct opening* opening,
                                __u32 self, __u32 second) {
    __u32 bucket;
    __u64 lanes, birth;
    int self_passed;

    TABLE_USES(t);
    if (!lookup || !opening) return TABLE_FAULT;
    bucket =
        second ? bucket_second(lookup->hash, table_buckets(t)) : bucket_first(lookup->hash, table_buckets(t));
    self_passed = second && self != ID_NONE && self / SLOTS_PER_BUCKET != bucket;
    birth = birth_of(self, lookup->control);
    lanes = bucket_tagged(t, bucket, hash_tag(lookup->hash));
    for (__u64 tried = 0; lanes && tried < SLOTS_PER_BUCKET; tried++, lanes &= lanes - 1) {
        __u32 index = bucket * SLOTS_PER_BUCKET + lane_lowest(lanes);
        __s32 stays = TABLE_MISS;

        if (index == self)
            self_passed = 1;
        else
            stays = settle_one(t, lookup, opening, index, birth, self_passed);
        if (stays != TABLE_MISS) return stays;
    }
    return TABLE_MISS;
}

/* Whether a slot of the bucket other than `self` has the connection's tag: hardly ever, so it is asked before more is
 * done. */
TABLE_INLINE int has_candidates(const struct table* t, const struct lookup* lookup, __u32 bucket, __u32 self) {
    const __u64 lanes = bucket_tagged(t, bucket, hash_tag(lookup->hash));

    if (self / SLOTS_PER_BUCKET != bucket) return lanes != 0;
    return (lanes & ~lane_only(self % SLOTS_PER_BUCKET)) != 0;
}

/* Primary, secondary, and the primary again: a rival may move there while we look at the other (move.h).  Before we
 * are published that does not matter, since all looks come again. */
enum { SETTLE_LOOKS = 3 };

TABLE_INLINE __s32 settle(const struct table* t, struct lookup* lookup, const struct opening* opening,
                          __u32 self) {
    const __u32 looks = self == ID_NONE ? SETTLE_LOOKS - 1 : SETTLE_LOOKS;
    const __u32 first = bucket_first(lookup->hash, table_buckets(t));
    const __u32 second = bucket_second(lookup->hash, table_buckets(t));
    __s32 stays = TABLE_MISS;

    for (__u32 look = 0; stays == TABLE_MISS && look < looks; look++)
        if (has_candidates(t, lookup, look & 1 ? second : first, self))
            stays = table_settle(t, lookup, opening, self, look & 1);
    return stays;
}

TABLE_INLINE int remove_born(const struct table* t, const struct lookup* lookup, __u32 bucket, __u64 birth) {
    __u64 lanes = bucket_tagged(t, bucket, hash_tag(lookup->hash));

    for (__u64 tried = 0; lanes && tried < SLOTS_PER_BUCKET; tried++, lanes &= lanes - 1) {
        const __u32 index = bucket * SLOTS_PER_BUCKET + lane_lowest(lanes);
        const struct connection* slot = table_slot(t, index);
        const __u64 control = slot ? load_control(slot) : 0;

        if (control_status(control) != SLOT_live || slot_birth(slot) != birth) continue;
        if (table_remove(t, index, control, lookup->set, lookup->now)) return 1;
    }
    return 0;
}

/* Ends the connection that we published in slot `self` as `live`, wherever it has been moved since. */
TABLE_FUNCTION int table_withdraw(const struct table* t, const struct lookup* lookup, __u32 self, __u64 live) {
    const __u64 birth = birth_of(self, live);
    __u32 first;

    TABLE_USES(t);
    if (!lookup || table_remove(t, self, live, lookup->set, lookup->now)) return 1;
    first = bucket_first(lookup->hash, table_buckets(t));
    return remove_born(t, lookup, first, birth) ||
           remove_born(t, lookup, bucket_second(lookup->hash, table_buckets(t)), birth) ||
           remove_born(t, lookup, first, birth);
}

/* A slot for a new connection, claimed: a free one of the primary bucket, which keeps most lookups at one
 * line of tags; a free one of the secondary; an expired one; at last one whose connection can be moved. */
TABLE_INLINE __s32 claim(const struct table* t, struct lookup* lookup) {
    const __u32 first = bucket_first(lookup->hash, table_buckets(t));
    const __u32 second = bucket_second(lookup->hash, table_buckets(t));
    const struct tag_line *first_line = table_tags(t, first), *second_line = table_tags(t, second);
    __s32 index = TABLE_MISS;

    if (!first_line || !second_line) return TABLE_FAULT;
    if (lanes_free(first_line) & lane_only(hash_lane(lookup->hash)))
        index = claim_free(t, lookup, first * SLOTS_PER_BUCKET + hash_lane(lookup->hash));
    if (index < 0) index = table_claim_lane(t, lookup, first, lanes_free(first_line));
    if (index < 0) index = table_claim_lane(t, lookup, second, lanes_free(second_line));
    if (index < 0) index = table_claim_lane(t, lookup, first, LANES_ALL);
    if (index < 0) index = table_claim_lane(t, lookup, second, LANES_ALL);
    if (index < 0) index = table_make_room(t, lookup, first);
    if (index < 0) index = table_make_room(t, lookup, second);
    return index < 0 ? TABLE_FULL : index;
}

TABLE_INLINE void slot_fill(struct connection* slot, const struct lookup* lookup,
                            const struct opening* opening, __u64 birth) {
    aliased_u64* words = (aliased_u64*)slot;
    const aliased_u64* mac = (const aliased_u64*)opening->return_mac;

    store_u64(&words[WORD_CLIENT], lookup->client.halves[0]);
    store_u64(&words[WORD_CLIENT + 1], lookup->client.halves[1]);
    store_u64(&words[WORD_PORTS], request_ports(lookup) | (__u64)opening->server_port << PORTS_SERVER_SHIFT);
    store_u64(&words[WORD_IDS], (__u64)opening->server << 32 | opening->service);
    store_u64(&words[WORD_RETURN], (__u64)opening->return_generation << 32 | opening->return_ifindex);
    store_u64(&words[WORD_MAC], *mac);
    store_u64(&words[WORD_BIRTH], birth);
}

/* From claimed to live.  0: the claim is no longer ours (sweep.h, claim_abandoned), nothing happened. */
TABLE_INLINE int publish(const struct table* t, struct lookup* lookup, const struct opening* opening,
                         __u32 index, struct connection* slot) {
    struct tag_line* line = table_tags(t, index / SLOTS_PER_BUCKET);
    __u64 claimed = lookup->control;
    __u64 live =
        control_make(control_generation(claimed), SLOT_live, opening->state, lookup->now + opening->timeout);

    if (!line) return 0;
    slot_fill(slot, lookup, opening, birth_of(index, claimed));
    tag_store(line, index % SLOTS_PER_BUCKET, hash_tag(lookup->hash));
    gauge_bind(t, lookup->set, opening->server, opening->state);
    lookup->control = live;
    if (claim_end(slot, claimed, live)) {
        table_mark(t, index);
        return 1;
    }
    gauge_unbind(t, lookup->set, opening->server, opening->state);
    return 0;
}

/* What becomes of the connection just published in slot `index`: that slot, or as table_insert says. */
TABLE_INLINE __s32 settled(const struct table* t, struct lookup* lookup, struct opening* opening, __u32 index) {
    const __u64 live = lookup->control;
    const __s32 stays = settle(t, lookup, opening, index);

    if (stays == TABLE_MISS) return (__s32)index;
    table_withdraw(t, lookup, index, live);
    opening->existed = stays >= 0;
    return stays;
}

/* Index of the connection's slot, with opening.existed = 1 when it is not the one offered; or why there is
 * none. The lookup is that of a table_find_request that missed. */
TABLE_FUNCTION int table_insert(const struct table* t, struct lookup* lookup, struct opening* opening) {
    struct connection* slot;
    __s32 index, stays;

    TABLE_USES(t);
    if (!lookup || !opening) return TABLE_FAULT;
    stays = settle(t, lookup, opening, ID_NONE);
    opening->existed = stays >= 0;
    if (stays != TABLE_MISS) return stays;
    index = claim(t, lookup);
    slot = table_slot(t, (__u32)index);
    if (index < 0 || !slot) return index < 0 ? index : TABLE_FAULT;
    if (!publish(t, lookup, opening, (__u32)index, slot)) return TABLE_CONTENDED;
    return settled(t, lookup, opening, (__u32)index);
}

TABLE_END

#endif
