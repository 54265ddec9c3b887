/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A virtual service as packets see it, and the pool of words its scheduler reads. */
#ifndef LVX_ABI_SERVICE_H
#define LVX_ABI_SERVICE_H

#include "abi/address.h"
#include "abi/limits.h"
#include "abi/scheduler.h"

ABI_BEGIN

enum service_flag {
    SERVICE_PRESENT = 1 << 0,  /* configured: schedules; without it only its old connections go on */
    SERVICE_PERSISTENT = 1 << 1,
    SERVICE_KEEPS_PORT = 1 << 2, /* servers get the packet's own port, whatever theirs is */
    SERVICE_SCHED_1 = 1 << 3,  /* IPVS's scheduler flags, same bits: sh-fallback, mh-fallback */
    SERVICE_SCHED_2 = 1 << 4,  /* sh-port, mh-port */
    SERVICE_SCHED_3 = 1 << 5,
    SERVICE_MARK = 1 << 6,   /* of a firewall mark, see struct service */
    SERVICE_MEMBER = 1 << 7, /* packets of a mark, see struct service */
};

enum { SERVICE_SCHED_ALL = SERVICE_SCHED_1 | SERVICE_SCHED_2 | SERVICE_SCHED_3 };

/* Key of the map service_ids; all padding zero. */
struct service_key {
    union address address;
    __be16 port;
    __u8 protocol;
    __u8 zero[5];
};
ABI_ASSERT_SIZE(struct service_key, 24);

/* Instead of an id: packets that no service takes, though one takes every other port of their address. */
#define ID_NOBODY 0xfffffffeu

/* Value: the service's id in each configuration set, ID_NONE or ID_NOBODY. */
struct service_id {
    __u32 id[CONFIGURATION_SETS];
};
ABI_ASSERT_SIZE(struct service_id, 8);

/*
 * Pool words of a service, all offsets in words from the start of the set's half of the pool:
 *   servers_at:  servers x { server id, weight }  in IPVS's list order (last added first), every server, quiesced too
 *   ring_at:     server ids (ID_NONE: empty place).  sh: 256 words, mh: ring_period words (a prime).
 *                rr, wrr: the sequence of one period in run-length form, see segments_at
 *   segments_at: segments x { first position, ring word offset, words }: positions first .. next first - 1 repeat the
 *                words of ring_at + offset cyclically.  rr has one segment; wrr one for each distinct weight level.
 */
/*
 * A firewall mark (SERVICE_MARK) has protocol 0, port 0 and the mark as the first four bytes of its address, behind
 * ::ffff: for IPv4: what IPVS names its templates by.  No packet has it.  Its packets are those of its members
 * (SERVICE_MEMBER), rows with protocol, address and port of their own, which connections name and replies need; but
 * `leader` says whose servers, scheduler, persistence and templates are meant.
 */
struct service {
    union address address;
    __be16 port; /* 0: any port */
    __u8 protocol;
    __u8 family; /* 4 or 6 */
    __u8 scheduler;
    __u8 flags;
    __u8 persistence_prefix; /* bits of the client's 16-byte address that count: of an IPv4 mask, 96 more */
    __u8 zero;
    __u32 servers_at;
    __u32 servers;
    __u32 ring_at;
    __u32 ring_period; /* 0: no usable server */
    __u32 segments_at;
    __u32 segments;
    __u32 persistence_s; /* as configured, for an adopting daemon */
    __u32 leader; /* of a member: the row of its mark */
    __u32 spare[2];
    __u32 timeout_ticks[STATE_LIMIT]; /* by enum connection_state */
};
ABI_ASSERT_SIZE(struct service, 128);

struct pool_line {
    __u32 words[POOL_LINE_WORDS];
};
ABI_ASSERT_SIZE(struct pool_line, 64);

/* What a scheduler remembers between connections, per service id; survives a change of set. */
struct schedule_cursor {
    __u64 position; /* rr, wrr: next position of the sequence, taken with fetch-and-add, modulo ring_period */
};
ABI_ASSERT_SIZE(struct schedule_cursor, 8);

ABI_END

#endif
