/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet counts for the kernel's sync protocol (abi/connection.h).  Pure; both sides use it. */
#ifndef LVX_TABLE_COUNT_H
#define LVX_TABLE_COUNT_H

#include "abi/connection.h"
#include "bpf/table/portable.h"

TABLE_BEGIN

/* The count after one more packet; with a period modulo that. */
TABLE_INLINE __u32 count_after(__u32 count, __u32 period) {
    if (!period) return count < 0xffff ? count + 1 : count;
    return count + 1 < period ? count + 1 : 0;
}

/* One packet more; a slot begins with none.  Not 0: it is one at which IPVS tells its backups. */
TABLE_INLINE int count_one(struct connection* slot, __u32 told_packets) {
    const __u32 count = count_after(*(volatile __u16*)&slot->packets, told_packets >> 16);

    *(volatile __u16*)&slot->packets = (__u16)count;
    return count == (told_packets & 0xffff);
}

TABLE_END

#endif
