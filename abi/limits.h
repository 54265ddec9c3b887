/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every number both sides must share and no operator sets.  What an operator sets stands in abi/root.h. */
#ifndef LVX_ABI_LIMITS_H
#define LVX_ABI_LIMITS_H

enum {
    SLOTS_PER_BUCKET = 8,        /* 8 tags of 16 bits: two 64-bit words are compared at once */
    MARKS_PER_LINE = 64,         /* change feed: a cache line of one-byte marks */
    VERDICT_LIMIT = 64,          /* stride of the verdict counters; the list may grow up to it */
    INTERFACE_LIMIT = 32,        /* interfaces attached at once */
    INTERFACE_INDEX_SIZE = 1024, /* hash of ifindex -> interface, probed INTERFACE_PROBES times */
    INTERFACE_PROBES = 4,
    FILTER_LINES = 128,          /* x 64 bytes: one byte per hash of an address */
    FILTER_LINE_BYTES = 64,
    GUARD_PLACES = 8192,         /* of shared addresses; a power of two, hashed and probed GUARD_PROBES times */
    GUARD_PROBES = 16,
    POOL_LINE_WORDS = 16,        /* the pool is an array of 64-byte lines of 32-bit words */
    STATE_LIMIT = 16,            /* timeouts per service */
    CONFIGURATION_SETS = 2,      /* the one packets see and the one being written */
    SCAN_LIMIT = 256,            /* servers an lc-type scheduler looks at one by one */
    NEXTHOP_NONE = 0,            /* index of the next hop that says "no neighbour" */
};

#define ID_NONE 0xffffffffu

#endif
