/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What never changes during the life of the maps, written by the loader into the programs' constants before they are
 * verified: the same words stand in struct root for whoever adopts the maps.
 */
#ifndef LVX_ABI_SETTINGS_H
#define LVX_ABI_SETTINGS_H

#include "abi/abi.h"

ABI_BEGIN

struct settings {
    __u64 seed[2];
    __u32 buckets;
    __u32 max_services;
    __u32 max_servers;
    __u32 max_nexthops;
    __u32 pool_words; /* of one set; a multiple of POOL_LINE_WORDS */
    __u32 cpus;
    __u32 tick_shift;
    __u32 zero;
};
ABI_ASSERT_SIZE(struct settings, 48);

/* Context of the program lvx_clock: the daemon asks the data plane what time it is. */
struct clock_answer {
    __u64 jiffies;
};
ABI_ASSERT_SIZE(struct clock_answer, 8);

ABI_END

#endif
