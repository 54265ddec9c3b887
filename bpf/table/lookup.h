/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a packet says about its connection, what a new one is made of, and how the table answers. */
#ifndef LVX_TABLE_LOOKUP_H
#define LVX_TABLE_LOOKUP_H

#include "abi/address.h"
#include "bpf/table/portable.h"

TABLE_BEGIN

/* Negative answers; everything from 0 is the index of a slot. */
enum table_result {
    TABLE_MISS = -1,      /* find: no such connection */
    TABLE_FULL = -2,      /* insert: no free, expired or movable slot in either bucket */
    TABLE_CONTENDED = -3, /* insert: other CPUs kept taking the slots it wanted */
    TABLE_AMBIGUOUS = -4, /* insert: another service brings this client port to this server; try another */
    TABLE_FAULT = -5,     /* a table names an entry that does not exist */
};

/* Every byte is set by the caller, zero where it says "out". */
struct lookup {
    union address client;
    union address other; /* request: the virtual address.  reply: the real server's */
    __be16 client_port;
    __be16 other_port; /* request: the virtual port.  reply: the server's */
    __u8 protocol;
    __u8 flags; /* enum connection_flag: what is looked for */
    __u8 zero[2];
    __u32 now;     /* ticks */
    __u32 set;     /* root.active_set as read once for this packet */
    __u64 hash;    /* out, by find: insert uses it again */
    __u64 control; /* out: the control word of the slot that was answered */
};
ABI_ASSERT_SIZE(struct lookup, 64);

/* What a request that was scheduled adds to its lookup. */
struct opening {
    __u32 service;
    __u32 server;
    __be16 server_port;
    __u8 state;           /* enum connection_state after the first packet */
    __u8 existed;         /* out: 1 when another CPU's connection is answered, not a new one */
    __u32 timeout;        /* ticks */
    __u32 return_ifindex; /* abi/connection.h */
    __u32 return_generation;
    __u8 return_mac[6] __attribute__((aligned(8))); /* copied with return_vlan as one word */
    __u16 return_vlan;
};
ABI_ASSERT_SIZE(struct opening, 32);

TABLE_END

#endif
