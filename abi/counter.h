/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters.  All are arrays with one row per CPU in one mmapable map (index = cpu * rows + row): the data plane adds
 * without atomics, the daemon sums without a system call.
 *   verdict_counters  rows = INTERFACE_LIMIT * VERDICT_LIMIT, row = interface slot * VERDICT_LIMIT + verdict
 *   service_counters  rows = root.max_services      server_counters  rows = root.max_servers
 * Bytes are layer-3 lengths, as IPVS counts them; for verdicts, frame lengths.
 */
#ifndef LVX_ABI_COUNTER_H
#define LVX_ABI_COUNTER_H

#include "abi/abi.h"

ABI_BEGIN

struct verdict_counter {
    __u64 packets;
    __u64 bytes;
};
ABI_ASSERT_SIZE(struct verdict_counter, 16);

/* IPVS's five statistics; X(field, word of "ipvsadm --stats") */
#define TRAFFIC_COUNTERS(X)     \
    X(connections, "Conns")     \
    X(in_packets, "InPkts")     \
    X(out_packets, "OutPkts")   \
    X(in_bytes, "InBytes")      \
    X(out_bytes, "OutBytes")

struct traffic_counter {
#define X(field, word) __u64 field;
    TRAFFIC_COUNTERS(X)
#undef X
};
ABI_ASSERT_SIZE(struct traffic_counter, 40);

ABI_END

#endif
