/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The keyed hash of {client address, client port, protocol} and what is made of it: two buckets and a tag.
 *
 * Sums of products of 32-bit sums (the NH family of universal hashes): for a seed the sender does not know,
 * any two clients collide with probability 2^-32, whatever they look like; the last multiplication spreads
 * neighbours.  An IPv4 client's upper half is zero and not worth its product.
 */
#ifndef LVX_TABLE_HASH_H
#define LVX_TABLE_HASH_H

#include "abi/address.h"
#include "bpf/table/portable.h"
#include "bpf/table/storage.h"

TABLE_BEGIN

TABLE_INLINE __u64 hash_product(__u64 half, __u64 key) {
    __u32 low = (__u32)half + (__u32)key;
    __u32 high = (__u32)(half >> 32) + (__u32)(key >> 32);

    return (__u64)low * high;
}

TABLE_INLINE __u64 hash_client(const struct table* t, const union address* client, __be16 port,
                               __u8 protocol) {
    __u64 first = table_seed(t, 0), second = table_seed(t, 1);
    __u64 hash = ((__u64)protocol << 16 | port) * (first | 1) + hash_product(client->halves[1], second);

    if (client->halves[0]) hash += hash_product(client->halves[0], first);
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93ull; /* any odd constant with bits everywhere */
    return hash ^ hash >> 32;
}

/* Multiply-shift reaches every bucket of any count alike. */
TABLE_INLINE __u32 bucket_first(__u64 hash, __u32 buckets) { return (__u32)((hash >> 32) * buckets >> 32); }

/* Always another one (of two or more): one choice instead of two was what insertions failed of. */
TABLE_INLINE __u32 bucket_second(__u64 hash, __u32 buckets) {
    const __u32 bucket = (__u32)((hash & 0xffffffff) * buckets >> 32);

    if (bucket != bucket_first(hash, buckets)) return bucket;
    return bucket + 1 < buckets ? bucket + 1 : 0;
}

/* The lane of the primary bucket a connection likes best: a reader fetches that slot while the tags, which say where it
 * is, are still on their way (step/plain.h).  The lowest bits weigh next to nothing in either bucket's number. */
TABLE_INLINE __u32 hash_lane(__u64 hash) { return (__u32)hash & (SLOTS_PER_BUCKET - 1); }

/* The top bit says "used", so a tag is never 0 and free places are one mask away. */
#define TAG_USED 0x8000

TABLE_INLINE __u16 hash_tag(__u64 hash) { return (__u16)((hash >> 32 & 0x7fff) | TAG_USED); }

TABLE_END

#endif
