/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one element of the map "root": what an adopting daemon must know of a table it did not make, and the words the
 * daemon changes while packets flow.  Sizes never change during the life of the maps.
 */
#ifndef LVX_ABI_ROOT_H
#define LVX_ABI_ROOT_H

#include "abi/abi.h"

#define ROOT_MAGIC 0x6c76782d726f6f74ull /* "lvx-root" */

ABI_BEGIN

struct root {
    __u64 magic;
    __u64 schema;       /* hash of every abi/ header, made by the build */
    __u64 seed[2];      /* key of the connection table's hash */
    __u32 buckets;      /* of the connection table; any number, not a power of two */
    __u32 capacity;     /* connections up to which no insertion fails: the stated capacity */
    __u32 max_services;
    __u32 max_servers;
    __u32 max_nexthops;
    __u32 pool_words;   /* of one set */
    __u32 cpus;
    __u32 tick_shift;   /* a tick is 2^tick_shift jiffies: about a second */
    __u32 hertz;        /* jiffies a second */
    __u32 active_set;   /* 0 or 1: the one store that makes a change of configuration visible */
    __u32 client_generation; /* incremented when routes or neighbours changed: ways back to clients are looked up anew */
    __u32 sparse;       /* a hint: so few connections that nearly each is in its likeliest slot, asked before the tags */
    __u32 tcp_timeout_s, tcp_fin_timeout_s, udp_timeout_s; /* as configured, for an adopting daemon */
    __u32 change_feed; /* not 0: somebody listens to changes of connections (abi/connection.h) */
    __u64 lease_end;   /* jiffies64 after which guarded addresses (abi/guard.h) are not answered for; 0 = no lease */
    __u32 hold_answers; /* SYN-ACKs wait for a standby until this tick (abi/held.h) */
    __u32 told_packets; /* not 0: packets of clients are counted (abi/connection.h), told is the one after each PERIOD << 16 | which */
    __u64 opening_end;  /* jiffies64 after which, while the lease runs, no connection begins (abi/guard.h); 0 = they may */
    __u32 expire_quiescent; /* not 0: no template leads to a server of weight 0 (IPVS's expire_quiescent_template) */
    __u32 zero;
    __u64 settling_end; /* jiffies64 until which, after a takeover, strangers are dropped (abi/guard.h) */
    __u32 spare[6];
};
ABI_ASSERT_SIZE(struct root, 160);

ABI_END

#endif
