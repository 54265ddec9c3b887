/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A SYN-ACK that waits for a standby (abi/held.h): rewritten as if it left, then given to the daemon instead.  What its
 * server sends again meanwhile is held again; the daemon knows by then.
 */
#ifndef LVX_BPF_STEP_HOLD_H
#define LVX_BPF_STEP_HOLD_H

#include "bpf/hook/hook.h"

STEP int is_held(const struct desk* desk) {
    const __u8 answer = TCP_SYN | TCP_ACK;
    if (desk->lookup.protocol != PROTOCOL_TCP || (desk->tcp_flags & answer) != answer) return 0;
    const struct root* root = root_get();
    if (!root || root->hold_answers == HOLD_NOTHING) return 0;
    return root->hold_answers == HOLD_ALWAYS || (__s32)(root->hold_answers - desk->lookup.now) > 0;
}

/* A tag of tc's stands beside the frame, and so does the one the daemon shall put in; XDP's is in the frame. */
STEP int hold_finish(struct passage* passage, struct held_answer* held) {
    if (passage->hook == HOOK_XDP) return xdp_retag(passage);
    if (passage->frame.tags && passage->out_vlan != passage->desk->vlan) return HOOK_FAILED;
    held->vlan = (__u16)passage->out_vlan;
    held->partial = 1;
    return tc_finish_sums(passage);
}

STEP __u32 hold_length(const struct passage* passage) {
    return passage->hook == HOOK_XDP ? xdp_length(passage->context) : tc_length(passage->context);
}

STEP long hold_copy(const struct passage* passage, struct held_answer* held, __u32 length) {
    PACKET_OPAQUE(length); /* two comparisons, or the verifier sees the difference bounded and not the length */
    if (length > HELD_FRAME_BYTES) return HOOK_FAILED;
    PACKET_OPAQUE(length);
    if (length < ETHER_HEADER) return HOOK_FAILED;
    return passage->hook == HOOK_XDP ? bpf_xdp_load_bytes(passage->context, 0, held->frame, length)
                                     : bpf_skb_load_bytes(passage->context, 0, held->frame, length);
}

STEP int hold_fill(struct passage* passage, struct held_answer* held) {
    const struct desk* desk = passage->desk;
    const __u32 before = passage->cursor->length;
    held->control = desk->lookup.control;
    held->slot = (__u32)desk->index;
    held->ifindex = passage->out_ifindex;
    held->vlan = 0;
    held->partial = 0;
    held->family = desk->family;
    __builtin_memset(held->zero, 0, sizeof(held->zero));
    if (hold_finish(passage, held)) return HOOK_FAILED;
    const __u32 length = hold_length(passage);
    held->length = (__u16)length;
    held->l3_offset = (__u16)(desk->l3_offset + length - before);
    held->l4_offset = (__u16)(desk->l4_offset + length - before);
    return hold_copy(passage, held, length) ? HOOK_FAILED : 0;
}

STEP int hold(struct passage* passage) {
    struct held_answer* held = bpf_ringbuf_reserve(&held_answers, sizeof(*held), 0);
    if (!held) return VERDICT_hold_full;
    if (hold_fill(passage, held)) {
        bpf_ringbuf_discard(held, 0);
        return VERDICT_frame_refused;
    }
    bpf_ringbuf_submit(held, 0);
    passage->desk->action = hook_drop(passage->hook);
    return VERDICT_answer_held;
}

#endif
