/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a function of a program works with: the hook's context, the frame, the desk.  Steps read and fill it and return
 * STEP_ON or how the passage goes on; they never touch the context.  Everything is inlined, so `hook` is a constant and
 * the other hook's half is not compiled.
 */
#ifndef LVX_BPF_STEP_PASSAGE_H
#define LVX_BPF_STEP_PASSAGE_H

#include "bpf/maps.h"
#include "bpf/packet/frame.h"
#include "bpf/packet/icmp_answer.h"
#include "bpf/step/desk.h"

#define STEP static __always_inline

enum { STEP_ON = PACKET_PARSED }; /* everything else a step returns is a verdict, or what to call next (desk.h) */

enum hook { HOOK_XDP, HOOK_TC };

struct passage {
    void* context; /* struct xdp_md or struct __sk_buff */
    enum hook hook;
    struct cursor* cursor; /* apart: functions that are not inlined take its address, and the rest stays in registers */
    struct desk* desk;
    const struct interface* interface; /* it came in by; known to plain() only */
    struct frame frame;
    int fresh; /* the frame's pointers are right already */

    /* where to; MACs are already in the frame */
    __u32 out_ifindex;
    __u32 out_vlan;
    __u32 to_kernel; /* rewritten, but the kernel must fragment and send it */
    /* what has changed in the frame, for the sums an skb carries; unused at XDP */
    __u64 address_change;
    __u64 port_change;
    __u64 hop_change;
};

/*
 * The frame as admit() found it, with fresh pointers; for TCP and UDP only.  0: it is not what it was.  The family is
 * a constant for each of both calls, so that the verifier sees as many bytes checked as will be written.
 */
STEP int frame_again(struct passage* passage, __u8 family) {
    const struct desk* desk = passage->desk;
    const struct cursor* cursor = passage->cursor;
    struct frame* frame = &passage->frame;
    if (passage->fresh) return 1;
    const __u32 sum_at = desk->lookup.protocol == PROTOCOL_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT;
    frame->family = family;
    frame->protocol = desk->lookup.protocol;
    frame->tags = desk->tags;
    frame->l3_offset = desk->l3_offset;
    frame->l4_offset = desk->l4_offset;
    frame->ethernet = cursor_at(cursor, 0, ETHER_HEADER);
    frame->network = cursor_at(cursor, desk->l3_offset, family == 6 ? (int)IPV6_HEADER : (int)IPV4_HEADER);
    frame->transport = cursor_at(cursor, desk->l4_offset, UDP_HEADER);
    frame->checksum = cursor_at(cursor, desk->l4_offset + sum_at, sizeof(struct wire_field));
    return frame->ethernet && frame->network && frame->transport && frame->checksum;
}

#endif
