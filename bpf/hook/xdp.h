/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The adapter of XDP: one linear buffer, complete checksums, VLAN tags in the frame.  Include hook.h. */
#ifndef LVX_BPF_HOOK_XDP_H
#define LVX_BPF_HOOK_XDP_H

#include "bpf/packet/rewrite.h"
#include "bpf/step/passage.h"

STEP __u32 xdp_ifindex(const struct xdp_md* context) { return context->ingress_ifindex; }

STEP __u32 xdp_length(const struct xdp_md* context) {
    long length = (long)context->data_end - (long)context->data;
    PACKET_OPAQUE(length); /* else it is folded into what uses it, as arithmetic on half a pointer */
    return (__u32)length;
}

STEP void xdp_cursor(struct cursor* cursor, const struct xdp_md* context) {
    cursor->data = (__u8*)(long)context->data;
    cursor->end = (__u8*)(long)context->data_end;
    cursor->length = xdp_length(context);
}

STEP void xdp_linearise(struct xdp_md* context) { (void)context; }

STEP void xdp_measure(struct passage* passage) {
    passage->desk->vlan = passage->frame.vlan;
    passage->desk->packet_length = passage->frame.l3_length;
}

/* A tag behind the MACs, which move four bytes to the front. */
static __noinline int xdp_push_tag(struct xdp_md* context, __u32 vlan) {
    if (bpf_xdp_adjust_head(context, -ETHER_TAG)) return HOOK_FAILED;
    struct cursor cursor;
    xdp_cursor(&cursor, context);
    struct ether_header* ethernet = (struct ether_header*)cursor_at(&cursor, 0, ETHER_HEADER + ETHER_TAG);
    if (!ethernet) return HOOK_FAILED;
    const struct ether_header* before = (const struct ether_header*)((const __u8*)ethernet + ETHER_TAG);
    copy_mac(ethernet->destination, before->destination);
    copy_mac(ethernet->source, before->source);
    ethernet->type = WIRE16(ETHER_CUSTOMER_TAG);
    ((struct ether_tag*)(ethernet + 1))->control = WIRE16(vlan & ETHER_VID);
    return 0;
}

/* The MACs move four bytes back, over themselves, so all of them are read before any is written. */
static __noinline int xdp_pop_tag(struct xdp_md* context) {
    struct cursor cursor;
    xdp_cursor(&cursor, context);
    struct wire_word* words = (struct wire_word*)cursor_at(&cursor, 0, ETHER_HEADER + ETHER_TAG);
    if (!words) return HOOK_FAILED;
    const __u32 first = words[0].value, second = words[1].value, third = words[2].value;
    words[1].value = first;
    words[2].value = second;
    words[3].value = third;
    return bpf_xdp_adjust_head(context, ETHER_TAG) ? HOOK_FAILED : 0;
}

STEP int xdp_retag(struct passage* passage) {
    struct frame* frame = &passage->frame;
    const __u32 vlan = passage->out_vlan;
    if (vlan == passage->desk->vlan) return 0;
    if (frame->tags > 1) return HOOK_FAILED; /* which of both a service lives behind is not ours to guess */
    if (frame->tags == 0) return xdp_push_tag(passage->context, vlan);
    if (vlan == 0) return xdp_pop_tag(passage->context);
    return rewrite_vlan(passage->cursor, frame, (__u16)vlan) ? 0 : HOOK_FAILED;
}

/*
 * Back out of the same interface as well: a veth takes XDP_TX only when its peer has an XDP program, and leaves the
 * frame lying when the peer merely has GRO on (veth_xdp_flush() wakes nobody); a redirect to itself it takes either way.
 */
STEP int xdp_send(struct passage* passage) {
    if (passage->to_kernel) return XDP_PASS;
    if (xdp_retag(passage)) return HOOK_FAILED;
    return (int)bpf_redirect(passage->out_ifindex, 0);
}

STEP int xdp_send_answer(struct passage* passage, enum answer_kind kind, const union address* from) {
    struct xdp_md* context = passage->context;
    const struct answer answer = plan_answer(&passage->frame);
    if (bpf_xdp_adjust_head(context, -(int)answer.head)) return HOOK_FAILED;
    struct cursor cursor;
    xdp_cursor(&cursor, context);
    if (bpf_xdp_adjust_tail(context, (int)answer.frame_length - (int)cursor.length)) return HOOK_FAILED;
    xdp_cursor(&cursor, context);
    if (!write_answer(&cursor, &passage->frame, &answer, kind, from, passage->desk->answer_mtu)) return HOOK_FAILED;
    return (int)bpf_redirect(passage->desk->ifindex, 0);
}

#endif
