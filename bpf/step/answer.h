/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An ICMP error of our own, from the virtual address: a client or a server is told why its packet went no further. */
#ifndef LVX_BPF_STEP_ANSWER_H
#define LVX_BPF_STEP_ANSWER_H

#include "bpf/hook/hook.h"
#include "bpf/step/passage.h"
#include "bpf/table_maps.h"

/* Of the connection's service, or what a request that has none was sent to. */
STEP union address answer_address(const struct desk* desk) {
    const struct connection* slot = desk->index >= 0 ? connection_at((__u32)desk->index) : NULL;
    const struct service* service = slot ? service_at(desk->lookup.set, slot_service(slot)) : NULL;
    return service ? service->address : desk->lookup.other;
}

/* Where no answer may be given, the packet is dropped all the same. */
STEP int answer(struct passage* passage) {
    const int verdict = passage->desk->verdict;
    const int silent = verdict == VERDICT_no_server ? (int)VERDICT_no_server_silent : verdict;
    if (parse_frame(passage->cursor, &passage->frame) != PACKET_PARSED) return silent;
    if (!may_answer(&passage->frame)) return silent;
    const union address from = answer_address(passage->desk);
    return hook_answer(passage, verdict, &from);
}

#endif
