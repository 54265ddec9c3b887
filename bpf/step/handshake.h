/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SYN to SYN-ACK, for some connections (abi/handshake.h).  Packets of established ones never come here. */
#ifndef LVX_BPF_STEP_HANDSHAKE_H
#define LVX_BPF_STEP_HANDSHAKE_H

#include "bpf/packet/wire.h"
#include "bpf/step/passage.h"
#include "bpf/table_maps.h"

STEP struct handshake* handshake_of(const struct desk* desk) {
    const __u32 slot = (__u32)desk->index;
    if (desk->lookup.protocol != PROTOCOL_TCP || slot % HANDSHAKE_SAMPLE) return NULL;
    return handshake_at(slot / HANDSHAKE_SAMPLE % HANDSHAKE_PLACES);
}

STEP void handshake_begins(const struct desk* desk) {
    struct handshake* handshake = handshake_of(desk);
    if (!handshake) return;
    const struct connection* slot = connection_at((__u32)desk->index);
    if (!slot) return;
    handshake->slot = (__u32)desk->index;
    handshake->generation = (__u32)(load_control(slot) >> CONTROL_GENERATION_SHIFT);
    handshake->begun_ns = bpf_ktime_get_ns();
}

STEP void delay_add(struct server_delay* delay, __u64 ns) {
    const __u64 limit = 0xffffffffull / HANDSHAKE_EIGHTHS;
    const __u64 us = ns / 1000 < limit ? ns / 1000 : limit;
    const __u32 before = delay->average_eighths_us;
    delay->average_eighths_us =
        delay->answers ? before - before / HANDSHAKE_EIGHTHS + (__u32)us : (__u32)us * HANDSHAKE_EIGHTHS;
    if (us > delay->longest_us) delay->longest_us = (__u32)us;
    delay->answers += 1;
    delay->total_us += us;
}

/* A SYN that was sent again counts from the first one: that is how long its client waits. */
STEP void handshake_answered(const struct desk* desk, __u32 server) {
    const __u8 answer = TCP_SYN | TCP_ACK;
    if ((desk->tcp_flags & answer) != answer) return;
    struct handshake* handshake = handshake_of(desk);
    if (!handshake || !handshake->begun_ns || handshake->slot != (__u32)desk->index) return;
    if (handshake->generation != (__u32)(desk->lookup.control >> CONTROL_GENERATION_SHIFT)) return;
    struct server_delay* delay = server_delay_at(server);
    if (delay) delay_add(delay, bpf_ktime_get_ns() - handshake->begun_ns);
    handshake->begun_ns = 0;
}

#endif
