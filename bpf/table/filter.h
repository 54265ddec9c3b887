/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where an address stands in the address filter (abi/filter.h).  Pure; the daemon sets bits with it, the data plane
 * reads them.  Not keyed: whoever makes addresses collide only makes his own packets cost a lookup.
 */
#ifndef LVX_TABLE_FILTER_H
#define LVX_TABLE_FILTER_H

#include "abi/filter.h"

ABI_BEGIN

/* Index of the filter's byte, below FILTER_LINES * FILTER_LINE_BYTES. */
static inline __u32 filter_index(const union address* address) {
    const __u64 mixed = (address->halves[0] * 0x9e3779b97f4a7c15ull ^ address->halves[1]) * 0xff51afd7ed558ccdull;
    return (__u32)(mixed >> 51);
}

#ifdef __cplusplus
static_assert(FILTER_LINES * FILTER_LINE_BYTES == 1 << (64 - 51), "the shift yields every index");
#else
_Static_assert(FILTER_LINES * FILTER_LINE_BYTES == 1 << (64 - 51), "the shift yields every index");
#endif

/* Byte with this bit for a set: bits of both sets stand side by side. */
static inline __u8 filter_mask(enum filter_bit bit, __u32 set) {
    return (__u8)((__u32)bit << (2 * set));
}

ABI_END

#endif
