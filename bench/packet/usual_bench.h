/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Key and value of the usual recipe's table; each connection has an entry for each direction. */
#ifndef LVX_BENCH_PACKET_USUAL_BENCH_H
#define LVX_BENCH_PACKET_USUAL_BENCH_H

#include <linux/types.h>

struct usual_key {
    __be32 source, destination;
    __be16 source_port, destination_port;
    __u32 protocol;
};

struct usual_flow {
    __be32 source, destination; /* after translation */
    __be16 source_port, destination_port;
    __u32 service;
    __u64 last_seen;
};

#endif
