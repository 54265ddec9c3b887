/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames for the benches, made anew in front of every run because a run changes what it is given: a request or a reply
 * of a connection picked at random.  Connections are computed, not stored, so that the generator touches no memory the
 * measured programs want.  Its cost is measured by a program that does nothing else, and subtracted.
 */
#ifndef LVX_BENCH_PACKET_GENERATOR_H
#define LVX_BENCH_PACKET_GENERATOR_H

#include <linux/types.h>

enum {
    BENCH_CLIENT = 0x64400000,   /* 100.64.0.0/10 */
    BENCH_VIRTUAL = 0xc0a85817,  /* 192.168.88.23 */
    BENCH_SERVER = 0x0a000002,   /* 10.0.0.2 and the next */
    BENCH_SERVERS = 4,
    BENCH_PORTS = 16,            /* of each client */
    BENCH_CLIENT_PORT = 20000,
    BENCH_PORT = 80,
    BENCH_SERVER_PORT = 8080,
};

static inline __u32 bench_client(__u32 flow) { return BENCH_CLIENT + flow / BENCH_PORTS; }
static inline __u16 bench_port(__u32 flow) { return (__u16)(BENCH_CLIENT_PORT + flow % BENCH_PORTS); }
static inline __u32 bench_server(__u32 flow) { return BENCH_SERVER + flow % BENCH_SERVERS; }

/* The only variable of a bench object's .data. */
struct bench_control {
    __u64 random;
    __u32 flows;   /* connections to pick from */
    __u32 opening; /* not 0: no picking, but the first SYN of one connection after another, from next_flow on */
    __u32 next_flow;
    __u32 zero;
};

/* xorshift64 (Marsaglia 2003). */
static inline __u64 bench_next(__u64 state) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^ state << 17;
}

#endif
