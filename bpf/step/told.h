/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counting a client's packets for the kernel's sync protocol, only while root.told_packets says so: the packet at which
 * IPVS would tell its backups of the connection again marks the slot (abi/connection.h).
 */
#ifndef LVX_BPF_STEP_TOLD_H
#define LVX_BPF_STEP_TOLD_H

#include "bpf/packet/wire.h"
#include "bpf/table/count.h"
#include "bpf/table_maps.h"

/* One packet of the client's for the connection in slot `index`. */
STEP void count_packet(__u32 told_packets, struct connection* slot, __u32 index) {
    if (count_one(slot, told_packets)) table_mark_as(NULL, index, MARK_counted);
}

#endif
