/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is the frame any of our business?  Interface, headers, station, and two bytes of the address filter. */
#ifndef LVX_BPF_STEP_ADMIT_H
#define LVX_BPF_STEP_ADMIT_H

#include "bpf/table/filter.h"
#include "bpf/hook/hook.h"
#include "bpf/step/fence.h"
#include "bpf/step/passage.h"

STEP const struct interface* interface_find(__u32 ifindex) {
    for (__u32 probe = 0; probe < INTERFACE_PROBES; ++probe) {
        const struct interface* interface = interface_at((ifindex + probe) & (INTERFACE_INDEX_SIZE - 1));
        if (interface && interface->ifindex == ifindex) return interface;
    }
    return NULL;
}

STEP int is_own_mac(const struct interface* interface, const __u8* mac) {
    const __u32 first = ((const struct wire_word*)interface->mac)->value ^ ((const struct wire_word*)mac)->value;
    const __u16 last = ((const struct wire_field*)(interface->mac + 4))->value ^ ((const struct wire_field*)(mac + 4))->value;
    return (first | last) == 0;
}

STEP int filter_has(__u32 set, const union address* address, enum filter_bit bit) {
    const __u32 index = filter_index(address);
    const struct filter_line* line = filter_line_at(index / FILTER_LINE_BYTES);
    return line && line->bytes[index % FILTER_LINE_BYTES] & filter_mask(bit, set);
}

STEP int sides_of(const struct frame* frame, __u32 set) {
    int sides = 0;
    if (filter_has(set, &frame->destination, FILTER_VIRTUAL)) sides |= SIDE_REQUEST;
    if (filter_has(set, &frame->source, FILTER_SERVER)) sides |= SIDE_REPLY;
    return sides;
}

/* reversed: the client is the destination. */
STEP void lookup_fill(struct lookup* lookup, const struct frame* frame, int reversed) {
    lookup->client = reversed ? frame->destination : frame->source;
    lookup->other = reversed ? frame->source : frame->destination;
    lookup->client_port = reversed ? frame->destination_port : frame->source_port;
    lookup->other_port = reversed ? frame->source_port : frame->destination_port;
    lookup->protocol = frame->protocol;
}

/* Until now the lookup was a request's. */
STEP void lookup_reverse(struct lookup* lookup) {
    const union address client = lookup->client;
    const __be16 port = lookup->client_port;
    lookup->client = lookup->other;
    lookup->client_port = lookup->other_port;
    lookup->other = client;
    lookup->other_port = port;
}

STEP void desk_measure(struct passage* passage) {
    const struct frame* frame = &passage->frame;
    struct desk* desk = passage->desk;
    desk->l3_offset = (__u16)frame->l3_offset;
    desk->l4_offset = (__u16)frame->l4_offset;
    desk->l3_length = (__u16)frame->l3_length;
    desk->family = frame->family;
    desk->tags = frame->tags;
    desk->ttl = frame->ttl;
    desk->tcp_flags = frame->tcp_flags;
    desk->fragment = frame->fragment;
    desk->dont_fragment = frame->dont_fragment;
    hook_measure(passage);
}

STEP void desk_fill(struct passage* passage, int sides) {
    lookup_fill(&passage->desk->lookup, &passage->frame, sides == SIDE_REPLY);
    passage->desk->sides = (__u8)sides;
    desk_measure(passage);
}

/* An ICMP error from a router behind us is about a request although neither address of it is ours: the quote tells. */
STEP int may_be_error(const struct frame* frame) {
    return frame->protocol == PROTOCOL_ICMP || frame->protocol == PROTOCOL_ICMP6;
}

/* What is to our addresses, but not of a connection. */
STEP int unbalanced(const struct frame* frame, int sides) {
    const int balanced = frame->protocol == PROTOCOL_TCP || frame->protocol == PROTOCOL_UDP;
    if (!(sides & SIDE_REQUEST)) return VERDICT_unknown_reply;
    return balanced ? VERDICT_unknown_flow : VERDICT_other_protocol; /* a later fragment says no port */
}

STEP int classify(struct passage* passage, int sides) {
    const struct frame* frame = &passage->frame;
    if (frame_is_icmp_error(frame)) return desk_fill(passage, sides), NEXT_ERROR;
    if (!sides) return VERDICT_not_ours;
    if (!frame->checksum || may_be_error(frame)) return unbalanced(frame, sides);
    return desk_fill(passage, sides), NEXT_FLOW;
}

STEP int admit(struct passage* passage) {
    struct desk* desk = passage->desk;
    struct frame* frame = &passage->frame;
    const struct root* root = root_get();
    const struct interface* interface = interface_find(desk->ifindex);
    if (!interface || !root) return VERDICT_unknown_interface;
    desk->interface_slot = interface->slot;
    const __u64 jiffies = bpf_jiffies64();
    if (lease_is_over(root, jiffies)) {
        if (is_for_guarded(passage)) return VERDICT_fenced;
        desk->done |= DESK_FENCED;
    }
    int result = parse_ethernet(passage->cursor, frame);
    if (result != PACKET_PARSED) return result;
    if (!is_own_mac(interface, frame->ethernet)) return VERDICT_other_station;
    result = parse_network(passage->cursor, frame);
    if (result != PACKET_PARSED) return result;

    desk->lookup.set = root->active_set & 1;
    desk->lookup.now = tick_at(jiffies);
    const int sides = sides_of(frame, desk->lookup.set);
    if (!sides && !may_be_error(frame)) return VERDICT_not_ours;
    result = parse_transport(passage->cursor, frame);
    if (result == PACKET_PARSED) return classify(passage, sides);
    return sides || result < 0 ? result : VERDICT_not_ours;
}

#endif
