/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The eight tags of a bucket, examined at once.  A set of lanes is a word with bit 8 n set for lane n, which
 * is slot 8 bucket + n.  Lanes alternate between the line's two words, since that makes one word of the two
 * comparisons' results by shifts alone:
 *
 *   lane     0 2 4 6 | 1 3 5 7
 *   place    0 1 2 3 | 4 5 6 7   in tag_line.tags
 */
#ifndef LVX_TABLE_TAG_H
#define LVX_TABLE_TAG_H

#include "abi/connection.h"
#include "bpf/table/hash.h"
#include "bpf/table/portable.h"

TABLE_BEGIN

#define LANES_OF_EACH 0x0001000100010001ull
#define LANES_ALL 0x0101010101010101ull

TABLE_INLINE __u64 lanes_join(__u64 even, __u64 odd) {
    return (even >> 15 & LANES_OF_EACH) | (odd >> 7 & (LANES_OF_EACH << 8));
}

/* Bit 15 of each 16-bit part that is not 0; adding cannot carry out of a part whose top bit was masked. */
TABLE_INLINE __u64 parts_not_zero(__u64 parts) {
    const __u64 below_top = 0x7fff * LANES_OF_EACH;

    return ((parts & below_top) + below_top) | parts;
}

TABLE_INLINE __u64 lanes_tagged(const struct tag_line* line, __u16 tag) {
    const aliased_u64* words = (const aliased_u64*)line;
    __u64 pattern = tag * LANES_OF_EACH;

    return lanes_join(~parts_not_zero(load_u64(&words[0]) ^ pattern),
                      ~parts_not_zero(load_u64(&words[1]) ^ pattern));
}

TABLE_INLINE __u64 lanes_free(const struct tag_line* line) {
    const aliased_u64* words = (const aliased_u64*)line;

    return lanes_join(~load_u64(&words[0]), ~load_u64(&words[1]));
}

TABLE_INLINE __u64 lane_only(__u32 lane) { return 1ull << (lane << 3); }

TABLE_INLINE __u32 lanes_count(__u64 lanes) { return (__u32)(lanes * LANES_ALL >> 56); }

/* The lowest lane of a set that is not empty.  BPF has no instruction for it; one multiplication does it, as
 * the isolated bit 8 n shifts byte 7 - n, which holds n, to the top. */
TABLE_INLINE __u32 lane_lowest(__u64 lanes) {
    return (__u32)((lanes & (0 - lanes)) * 0x0001020304050607ull >> 56) & (SLOTS_PER_BUCKET - 1);
}

TABLE_INLINE void tag_store(struct tag_line* line, __u32 lane, __u16 tag) {
    __u64 place = lane >> 1 | lane << 2;

    TABLE_OPAQUE(place); /* else clang masks both halves before it joins them, and Linux 6.1 cannot add up
                            their bounds */
    store_u16(&line->tags[place & (SLOTS_PER_BUCKET - 1)], tag);
}

TABLE_END

#endif
