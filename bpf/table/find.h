/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finding the connection a packet belongs to.  The primary bucket's tags are compared at once and usually
 * name one slot; the secondary bucket is looked at only after a miss, which is the rarer the better insert.h
 * chooses.
 *
 * A slot may change hands while it is compared.  The control word read first is handed on (lookup.control);
 * touch.h refuses it when it no longer holds.
 */
#ifndef LVX_TABLE_FIND_H
#define LVX_TABLE_FIND_H

#include "bpf/table/control.h"
#include "bpf/table/hash.h"
#include "bpf/table/lookup.h"
#include "bpf/table/storage.h"
#include "bpf/table/tag.h"

TABLE_BEGIN

/* The fourth word of a slot: client_port, virtual_port, server_port, protocol, flags, from the lowest bits
 * up. */
enum { PORTS_VIRTUAL_SHIFT = 16, PORTS_SERVER_SHIFT = 32, PORTS_PROTOCOL_SHIFT = 48, PORTS_FLAGS_SHIFT = 56 };
#define PORTS_TEMPLATE ((__u64)CONNECTION_TEMPLATE << PORTS_FLAGS_SHIFT)
#define PORTS_REQUEST_MASK (PORTS_TEMPLATE | 0x00ff0000ffffffffull) /* what a request knows */
#define PORTS_REPLY_MASK (PORTS_TEMPLATE | 0x00ffffff0000ffffull)   /* what a reply knows */

enum { WORD_CLIENT = 1, WORD_PORTS = 3, WORD_IDS, WORD_RETURN, WORD_MAC, WORD_BIRTH, SLOT_WORDS };

TABLE_INLINE __u64 slot_word(const struct connection* slot, __u64 word) {
    return load_u64((const aliased_u64*)slot + word);
}

/* Without the count of packets that stands beside it. */
TABLE_INLINE __u64 slot_birth(const struct connection* slot) { return slot_word(slot, WORD_BIRTH) << 16 >> 16; }

TABLE_INLINE __u32 slot_service(const struct connection* slot) { return (__u32)slot_word(slot, WORD_IDS); }
TABLE_INLINE __u32 slot_server(const struct connection* slot) {
    return (__u32)(slot_word(slot, WORD_IDS) >> 32);
}

TABLE_INLINE int address_equal(const union address* one, const union address* other) {
    return ((one->halves[0] ^ other->halves[0]) | (one->halves[1] ^ other->halves[1])) == 0;
}

TABLE_INLINE int service_has_address(const struct table* t, __u32 set, __u32 id,
                                     const union address* address) {
    const struct service* service = table_service(t, set, id);

    return service && address_equal(&service->address, address);
}

TABLE_INLINE int server_has_address(const struct table* t, __u32 set, __u32 id,
                                    const union address* address) {
    const struct server* server = table_server(t, set, id);

    return server && address_equal(&server->address, address);
}

/* Bits in which slot and packet differ, of those that `mask` selects of the ports. */
TABLE_INLINE __u64 slot_difference(const struct connection* slot, const struct lookup* lookup, __u64 ports,
                                   __u64 mask) {
    return (slot_word(slot, WORD_CLIENT) ^ lookup->client.halves[0]) |
           (slot_word(slot, WORD_CLIENT + 1) ^ lookup->client.halves[1]) |
           ((slot_word(slot, WORD_PORTS) ^ ports) & mask);
}

TABLE_INLINE __u64 request_ports(const struct lookup* lookup) {
    return (__u64)lookup->client_port | (__u64)lookup->other_port << PORTS_VIRTUAL_SHIFT |
           (__u64)lookup->protocol << PORTS_PROTOCOL_SHIFT | (__u64)lookup->flags << PORTS_FLAGS_SHIFT;
}

TABLE_INLINE __u64 reply_ports(const struct lookup* lookup) {
    return (__u64)lookup->client_port | (__u64)lookup->other_port << PORTS_SERVER_SHIFT |
           (__u64)lookup->protocol << PORTS_PROTOCOL_SHIFT | (__u64)lookup->flags << PORTS_FLAGS_SHIFT;
}

TABLE_INLINE int slot_matches(const struct table* t, const struct connection* slot, struct lookup* lookup,
                              int request) {
    __u64 control = load_control(slot);
    __u64 ports = request ? request_ports(lookup) : reply_ports(lookup);

    if (slot_difference(slot, lookup, ports, request ? PORTS_REQUEST_MASK : PORTS_REPLY_MASK)) return 0;
    if (!control_live(control, lookup->now)) return 0;
    lookup->control = control;
    return request ? service_has_address(t, lookup->set, slot_service(slot), &lookup->other)
                   : server_has_address(t, lookup->set, slot_server(slot), &lookup->other);
}

TABLE_INLINE __u64 bucket_tagged(const struct table* t, __u32 bucket, __u16 tag) {
    const struct tag_line* line = table_tags(t, bucket);

    return line ? lanes_tagged(line, tag) : 0;
}

TABLE_INLINE __s32 find_in_bucket(const struct table* t, __u32 bucket, struct lookup* lookup, int request) {
    __u64 lanes = bucket_tagged(t, bucket, hash_tag(lookup->hash));

    for (__u64 tried = 0; lanes && tried < SLOTS_PER_BUCKET; tried++, lanes &= lanes - 1) {
        __u32 index = bucket * SLOTS_PER_BUCKET + lane_lowest(lanes);
        const struct connection* slot = table_slot(t, index);

        if (slot && slot_matches(t, slot, lookup, request)) return (__s32)index;
    }
    return TABLE_MISS;
}

TABLE_INLINE __s32 find(const struct table* t, struct lookup* lookup, int request) {
    __u32 first;
    __s32 index;

    lookup->hash = hash_client(t, &lookup->client, lookup->client_port, lookup->protocol);
    first = bucket_first(lookup->hash, table_buckets(t));
    index = find_in_bucket(t, first, lookup, request);
    if (index >= 0) return index;
    index = find_in_bucket(t, bucket_second(lookup->hash, table_buckets(t)), lookup, request);
    if (index >= 0) return index;
    /* It may have moved from the secondary bucket to the primary while we looked (move.h). */
    return find_in_bucket(t, first, lookup, request);
}

/* Index of the slot of the packet's connection, or TABLE_MISS. */
TABLE_FUNCTION int table_find_request(const struct table* t, struct lookup* lookup) {
    TABLE_USES(t);
    return lookup ? find(t, lookup, 1) : TABLE_MISS;
}

TABLE_FUNCTION int table_find_reply(const struct table* t, struct lookup* lookup) {
    TABLE_USES(t);
    return lookup ? find(t, lookup, 0) : TABLE_MISS;
}

TABLE_END

#endif
