/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A real server of one service as packets see it, its gauges, and the next hop to it. */
#ifndef LVX_ABI_SERVER_H
#define LVX_ABI_SERVER_H

#include "abi/address.h"
#include "abi/limits.h"

ABI_BEGIN

/* IPVS's forwarding methods, same numbers. */
enum forwarding_method { METHOD_masq, METHOD_local, METHOD_tunnel, METHOD_route, METHOD_bypass };

enum server_flag {
    SERVER_AVAILABLE = 1 << 0, /* configured; without it its old connections' packets are dropped, as in IPVS */
    SERVER_LEFT = 1 << 1,      /* lvx takes it out, only its connections go on: no template leads to it */
};

struct server {
    union address address;
    __be16 port; /* 0: the packet's own */
    __u8 family;
    __u8 method;
    __u32 flags;
    __u32 weight; /* 0: quiesced */
    __u32 service;
    __u32 upper_threshold; /* connections, 0 = off */
    __u32 lower_threshold;
    __u32 nexthop; /* index; the daemon stores it in both sets, atomically, when the neighbour changes */
    __u32 last_weight; /* the latest that was not 0: mh keeps a quiesced server's slots */
    __u32 spare[4];
};
ABI_ASSERT_SIZE(struct server, 64);

/* Gauges, changed with atomics exactly where a compare-and-swap of a connection's control word succeeded.  One for
 * each server id, not per set.  total counts active and inactive; an id is free again when total and persistent are 0. */
struct server_load {
    __u32 active;
    __u32 total;
    __u32 persistent;
    __u32 overloaded; /* IPVS's OVERLOAD flag with its hysteresis */
};
ABI_ASSERT_SIZE(struct server_load, 16);

/* Never changed once a server names it: a changed neighbour is a new entry and one store of its index. */
struct nexthop {
    __u8 destination_mac[6];
    __u8 source_mac[6];
    __u32 ifindex;    /* device to send on: the one below a VLAN device */
    __u32 mtu;        /* bytes of layer 3 */
    __u32 generation; /* for listings: counts the daemon's changes */
    __u16 vlan;       /* VID to push, host order, 0 = untagged */
    __u16 flags;
    __u32 zero;
};
ABI_ASSERT_SIZE(struct nexthop, 32);

enum nexthop_flag { NEXTHOP_VALID = 1 << 0 };

ABI_END

#endif
