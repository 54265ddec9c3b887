/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An attached interface: found by ifindex & (INTERFACE_INDEX_SIZE - 1) and up to INTERFACE_PROBES - 1 places on. */
#ifndef LVX_ABI_INTERFACE_H
#define LVX_ABI_INTERFACE_H

#include "abi/limits.h"
#include "abi/abi.h"

ABI_BEGIN

/* How the data plane is attached; for an adopting daemon. */
enum interface_flag {
    INTERFACE_XDP_NATIVE = 1 << 0,
    INTERFACE_XDP_GENERIC = 1 << 1,
    INTERFACE_TC = 1 << 2,
    INTERFACE_QDISC_MADE = 1 << 3, /* the clsact qdisc is of our making */
};

struct interface {
    __u32 ifindex; /* 0: empty place */
    __u32 slot;    /* dense number below INTERFACE_LIMIT: where its counters are */
    __u32 mtu;
    __u8 mac[6];
    __u16 flags; /* enum interface_flag */
    __u32 zero[3];
};
ABI_ASSERT_SIZE(struct interface, 32);

ABI_END

#endif
