/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How lc and wlc compare two servers: IPVS's overhead, 256 for an active connection more than for any, over the
 * weight (lc: 1), as cross products.  Strict, so that of equals the one that comes first in the list stays.  Pure.
 */
#ifndef LVX_BPF_SCHEDULE_LEAST_H
#define LVX_BPF_SCHEDULE_LEAST_H

#include "abi/server.h"

ABI_BEGIN

struct contender {
    __u64 overhead;
    __u64 weight;
};

static inline __u64 load_overhead(__u32 active, __u32 total) {
    return (__u64)active * 256 + total;
}

static inline int contender_beats(const struct contender* challenger, const struct contender* holder) {
    return challenger->overhead * holder->weight < holder->overhead * challenger->weight;
}

ABI_END

#endif
