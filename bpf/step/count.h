/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters: each CPU adds to rows of its own, without atomics (abi/counter.h). */
#ifndef LVX_BPF_STEP_COUNT_H
#define LVX_BPF_STEP_COUNT_H

#include "bpf/step/passage.h"

/* Packets of an interface nobody has described are counted in slot 0, which no interface has. */
STEP void count_verdict(__u32 interface_slot, __u32 verdict, __u64 bytes) {
    const __u32 row = bpf_get_smp_processor_id() * (INTERFACE_LIMIT * VERDICT_LIMIT) + interface_slot * VERDICT_LIMIT;
    struct verdict_counter* counter = verdict_counter_at(row + verdict);
    if (!counter) return;
    counter->packets += 1;
    counter->bytes += bytes;
}

enum traffic { TRAFFIC_IN, TRAFFIC_OUT };

STEP void traffic_add(struct traffic_counter* counter, enum traffic direction, __u64 bytes, __u32 opened) {
    if (!counter) return;
    if (direction == TRAFFIC_IN) {
        counter->connections += opened;
        counter->in_packets += 1;
        counter->in_bytes += bytes;
        return;
    }
    counter->out_packets += 1;
    counter->out_bytes += bytes;
}

STEP void count_traffic(__u32 service, __u32 server, enum traffic direction, __u64 bytes, __u32 opened) {
    const __u32 cpu = bpf_get_smp_processor_id();
    traffic_add(service_counter_at(cpu * settings.max_services + service), direction, bytes, opened);
    traffic_add(server_counter_at(cpu * settings.max_servers + server), direction, bytes, opened);
}

#endif
