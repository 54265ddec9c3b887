/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which byte of the address filter (abi/filter.h) an address has.  Unkeyed: whoever guesses it wins a lookup of ours
 * per packet, no more, and a plan stays the same function of the configuration on every machine. */
#ifndef LVX_TABLE_FILTER_H
#define LVX_TABLE_FILTER_H

#include "abi/filter.h"
#include "bpf/table/portable.h"

TABLE_BEGIN

/* Below FILTER_LINES * FILTER_LINE_BYTES, a power of two: line = index / FILTER_LINE_BYTES. */
TABLE_INLINE __u32 filter_index(const union address *address)
{
    __u64 folded = address->halves[0] * 5 + address->halves[1];

    return (__u32)(folded * 0x9e3779b97f4a7c15ull >> 51);
}

TABLE_END

#endif
