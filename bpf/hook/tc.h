/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The adapter of tc: an skb may be a super-frame, only partly linear, its VLAN tag beside the data, and its transport
 * checksum not yet computed (CHECKSUM_PARTIAL) or known as a sum over everything (CHECKSUM_COMPLETE).  A program sees
 * neither state, but the kernel's checksum helpers do, so the field is left to them: packet bytes are written first,
 * noting what changed, and the helpers, after which every packet pointer is stale, come last.  Include hook.h.
 */
#ifndef LVX_BPF_HOOK_TC_H
#define LVX_BPF_HOOK_TC_H

#include "bpf/packet/rewrite.h"
#include "bpf/step/passage.h"

enum { TC_LINEAR = 2048 }; /* enough for the longest header chain and for an ICMP error */

STEP void tc_cursor(struct cursor* cursor, const struct __sk_buff* context) {
    cursor->data = (__u8*)(long)context->data;
    cursor->end = (__u8*)(long)context->data_end;
    cursor->length = context->len;
}

STEP __u32 tc_ifindex(const struct __sk_buff* context) { return context->ifindex; }
STEP __u32 tc_length(const struct __sk_buff* context) { return context->len; }

/* Where the kernel will not, the next parser says that the frame is not linear. */
STEP void tc_linearise(struct __sk_buff* context) {
    bpf_skb_pull_data(context, context->len < TC_LINEAR ? context->len : TC_LINEAR);
}

/* What one segment of a super-frame will measure. */
STEP __u32 tc_segment_length(const struct frame* frame, __u32 segment) {
    /* Not read from the packet: Linux 6.1's verifier forgets here how much of it was checked. */
    const __u32 header = frame->tcp_header ? frame->tcp_header : (__u32)UDP_HEADER;
    return frame->l4_offset - frame->l3_offset + header + segment;
}

STEP void tc_measure(struct passage* passage) {
    const struct __sk_buff* context = passage->context;
    const __u32 segment = context->gso_size;
    passage->desk->vlan = context->vlan_present ? context->vlan_tci & ETHER_VID : 0;
    passage->desk->packet_length = segment ? tc_segment_length(&passage->frame, segment) : passage->frame.l3_length;
}

STEP void tc_note_hop(struct passage* passage) {
    /* IPv4's header checksum makes up for it; the hop limit is the lower half of its word. */
    passage->hop_change = passage->frame.family == 6 ? (__u16)~WIRE16(1) : 0;
}

/* The address and port that change are the other side's, whichever way the packet goes. */
STEP void tc_note(struct passage* passage, const union address* to, __be16 port) {
    const struct lookup* lookup = &passage->desk->lookup;
    passage->address_change = rewrite_address_change(&passage->frame, &lookup->other, to);
    passage->port_change = change16(lookup->other_port, port);
    tc_note_hop(passage);
}

STEP __u32 tc_checksum_at(const struct frame* frame) {
    return frame->l4_offset + (frame->protocol == PROTOCOL_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT);
}

/*
 * The pseudo header's part and the ports' part are told apart because a partial checksum has only the former.  For
 * IPv6 the helper assumes, as for IPv4, that a header checksum hides the addresses from a sum over everything; what it
 * took away is given back here.
 */
STEP int tc_finish_sums(struct passage* passage) {
    struct __sk_buff* context = passage->context;
    const struct frame* frame = &passage->frame;
    const __u64 mangled = frame->protocol == PROTOCOL_UDP ? BPF_F_MARK_MANGLED_0 : 0;
    const __u32 at = tc_checksum_at(frame);
    if (passage->address_change &&
        bpf_l4_csum_replace(context, at, 0, checksum_wide(passage->address_change), BPF_F_PSEUDO_HDR | mangled))
        return HOOK_FAILED;
    if (passage->port_change && bpf_l4_csum_replace(context, at, 0, checksum_wide(passage->port_change), mangled))
        return HOOK_FAILED;
    if (frame->family == 6)
        bpf_csum_update(context, checksum_wide(passage->address_change + passage->hop_change));
    return 0;
}

STEP int tc_retag(struct passage* passage) {
    struct __sk_buff* context = passage->context;
    const __u32 vlan = passage->out_vlan;
    if (vlan == passage->desk->vlan) return 0;
    if (passage->frame.tags) return HOOK_FAILED; /* a second tag: see xdp_retag() */
    if (context->vlan_present && bpf_skb_vlan_pop(context)) return HOOK_FAILED;
    if (vlan && bpf_skb_vlan_push(context, WIRE16(ETHER_CUSTOMER_TAG), (__u16)vlan)) return HOOK_FAILED;
    return 0;
}

STEP int tc_send(struct passage* passage) {
    if (tc_finish_sums(passage)) return HOOK_FAILED;
    if (passage->to_kernel) return TC_ACT_UNSPEC;
    if (tc_retag(passage)) return HOOK_FAILED;
    return (int)bpf_redirect(passage->out_ifindex, 0);
}

/*
 * Cuts the packet behind its transport checksum and tells whether the device has yet to compute that (then the kernel
 * refuses to cut before the field's end).  1: it has; 0: it has not; HOOK_FAILED.
 */
STEP int tc_cut(struct __sk_buff* context, __u32 field_end) {
    const int partial = bpf_skb_change_tail(context, field_end - 1, 0) != 0;
    return bpf_skb_change_tail(context, field_end, 0) ? HOOK_FAILED : partial;
}

/* The device will overwrite the quoted checksum of a partial skb, so the ICMP checksum counts what it will write. */
STEP int tc_foresee_sum(const struct cursor* cursor, const struct frame* frame, __u32 head, __u32 field_end) {
    const __u32 start = head + frame->l4_offset;
    struct wire_field* field = (struct wire_field*)cursor_at(cursor, head + field_end - 2, 2);
    struct icmp_header* icmp =
        (struct icmp_header*)cursor_at(cursor, frame->l3_offset + head - ICMP_HEADER, ICMP_HEADER);
    struct checksum_range range = {.offset = start, .length = head + field_end - start};
    if (!field || !icmp || !checksum_add(cursor, &range)) return HOOK_FAILED;
    const __u16 computed = (__u16)~checksum_fold(range.sum);
    icmp->checksum = checksum_changed(icmp->checksum, change16(field->value, computed ? computed : 0xffff));
    return 0;
}

/* Quotes no more than the transport header up to its checksum: RFC 792 asks for eight bytes of it. */
STEP int tc_send_answer(struct passage* passage, enum answer_kind kind, const union address* from) {
    struct __sk_buff* context = passage->context;
    const struct frame* frame = &passage->frame;
    if (!frame->checksum) return HOOK_FAILED;
    const __u16 sum = ((const struct wire_field*)frame->checksum)->value;
    const __u32 field_end = tc_checksum_at(frame) + 2;
    const int partial = tc_cut(context, field_end);
    const __u32 head = plan_answer(frame).head;
    if (partial < 0 || bpf_skb_change_head(context, head, 0) || bpf_skb_pull_data(context, head + field_end))
        return HOOK_FAILED;

    struct cursor cursor;
    tc_cursor(&cursor, context);
    struct wire_field* field = (struct wire_field*)cursor_at(&cursor, head + field_end - 2, 2);
    if (!field) return HOOK_FAILED;
    field->value = sum; /* the cut may have taken half of it */
    const struct answer answer = {head, head + field_end, field_end - frame->l3_offset};
    if (!write_answer(&cursor, frame, &answer, kind, from, passage->desk->answer_mtu)) return HOOK_FAILED;
    if (partial && tc_foresee_sum(&cursor, frame, head, field_end)) return HOOK_FAILED;
    return (int)bpf_redirect(passage->desk->ifindex, 0);
}

#endif
