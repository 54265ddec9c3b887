/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long real servers take to answer a SYN.  The first packet of a connection leaves its time in a place that its slot
 * names, the SYN-ACK takes it from there into its server's row.  One connection in HANDSHAKE_SAMPLE is timed; what another
 * one overwrites, or what two CPUs add at the same time, is lost: this is a measurement.
 */
#ifndef LVX_ABI_HANDSHAKE_H
#define LVX_ABI_HANDSHAKE_H

#include "abi/abi.h"

enum {
    HANDSHAKE_PLACES = 1024, /* a power of two: SYNs under way whose answers are timed */
    HANDSHAKE_SAMPLE = 4,    /* a power of two */
    HANDSHAKE_EIGHTHS = 8,   /* the average moves by an eighth of what an answer differs from it */
};

ABI_BEGIN

struct handshake {
    __u64 begun_ns; /* CLOCK_MONOTONIC; 0: nobody waits */
    __u32 slot;
    __u32 generation; /* of the slot's control word */
};
ABI_ASSERT_SIZE(struct handshake, 16);

/* By server id. */
struct server_delay {
    __u32 average_eighths_us; /* smoothed; in eighths of a microsecond */
    __u32 longest_us;
    __u64 answers; /* that were timed */
    __u64 total_us;
};
ABI_ASSERT_SIZE(struct server_delay, 24);

ABI_END

#endif
