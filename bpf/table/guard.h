/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a guarded address stands (abi/guard.h), and whether a lease is over.  Pure; both sides use it. */
#ifndef LVX_TABLE_GUARD_H
#define LVX_TABLE_GUARD_H

#include "abi/guard.h"
#include "bpf/table/filter.h"

ABI_BEGIN

static inline __u32 guard_place(const union address* address, __u32 probe) {
    return (filter_index(address) + probe) & (GUARD_PLACES - 1);
}

static inline int guard_holds(const struct guarded_address* place, const union address* address) {
    return place->address.halves[0] == address->halves[0] && place->address.halves[1] == address->halves[1];
}

/* jiffies64 do not wrap; the difference is signed all the same, so that no order of reading can make a lease eternal. */
static inline int lease_has_ended(__u64 lease_end, __u64 jiffies) {
    return lease_end != LEASE_NONE && (__s64)(jiffies - lease_end) > 0;
}

/* Whoever will be fenced begins nothing any more. */
static inline int opening_has_lapsed(__u64 opening_end, __u64 lease_end, __u64 jiffies) {
    return opening_end != OPENING_UNLIMITED && lease_end != LEASE_NONE && !lease_has_ended(lease_end, jiffies) &&
           (__s64)(jiffies - opening_end) > 0;
}

static inline int is_settling(__u64 settling_end, __u64 jiffies) {
    return settling_end != 0 && (__s64)(settling_end - jiffies) > 0;
}

ABI_END

#endif
