/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The plain packet of an established connection, start to end in one function: nearly every packet there is.
 *
 *   plain      for us by its MAC, no tag in the frame, no options, extension headers or fragments; TCP or UDP; to a
 *              virtual address or from a real server but not both; its connection is found and
 *              keeps its state; the way is known, and it fits
 *   new        NEXT_FIRST: the same, but surely of no connection yet, and it may open one: first.h; what that does not,
 *              plain_opens() tells a desk
 *   otherwise  NEXT_ADMIT, nothing has been changed, and the functions of desk.h begin anew
 *
 * It decides nothing by itself: every question is asked as they ask it, of the same tables by the same pieces.
 */
#ifndef LVX_BPF_STEP_PLAIN_H
#define LVX_BPF_STEP_PLAIN_H

#include "bpf/step/admit.h"
#include "bpf/step/reply.h"
#include "bpf/step/request.h"

/* Both offsets are constants, so one comparison with the end covers all that is read and written. */
STEP int plain_locate(struct passage* passage, __u8 family) {
    const struct cursor* cursor = passage->cursor;
    struct frame* frame = &passage->frame;
    const __u32 l4_offset = ETHER_HEADER + (family == 6 ? (int)IPV6_HEADER : (int)IPV4_HEADER);
    if (cursor->data + l4_offset + TCP_HEADER > cursor->end) return 0;
    frame->family = family;
    frame->tags = 0;
    frame->l3_offset = ETHER_HEADER;
    frame->l4_offset = l4_offset;
    frame->ethernet = cursor->data;
    frame->network = cursor->data + ETHER_HEADER;
    frame->transport = cursor->data + l4_offset;
    return 1;
}

/* The packet must end within the frame and its transport header within the packet. */
STEP int plain_transport(struct passage* passage) {
    struct frame* frame = &passage->frame;
    const __u32 header = frame->l4_offset - frame->l3_offset;
    if (frame->l3_offset + frame->l3_length > passage->cursor->length) return 0;
    frame->l4_length = frame->l3_length - header;
    if (frame->l3_length < header + UDP_HEADER) return 0;
    frame->tcp_flags = 0;
    frame->tcp_header = 0;
    frame->source_port = ((const struct udp_header*)frame->transport)->source_port;
    frame->destination_port = ((const struct udp_header*)frame->transport)->destination_port;
    if (frame->protocol == PROTOCOL_UDP) {
        const __u32 length = WIRE16(((const struct udp_header*)frame->transport)->length);
        frame->checksum = frame->transport + UDP_CHECKSUM_AT;
        return length >= UDP_HEADER && length <= frame->l4_length;
    }
    const struct tcp_header* tcp = (const struct tcp_header*)frame->transport;
    const __u32 length = (__u32)(tcp->header_length >> 4) * 4;
    frame->tcp_flags = tcp->flags;
    frame->tcp_header = (__u8)length;
    frame->checksum = frame->transport + TCP_CHECKSUM_AT;
    return frame->protocol == PROTOCOL_TCP && length >= TCP_HEADER && length <= frame->l4_length;
}

STEP int plain_network(struct passage* passage, __u8 family) {
    struct frame* frame = &passage->frame;
    if (!plain_locate(passage, family)) return 0;
    if (family == 6) return read_ipv6(frame) && plain_transport(passage);
    const struct ipv4_header* ip = (const struct ipv4_header*)frame->network;
    if (ip->version_length != (4 << 4 | IPV4_HEADER / 4)) return 0;
    if (ip->fragment & WIRE16(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)) return 0;
    return read_ipv4(frame) && plain_transport(passage);
}

/* What plain_find() knows. */
enum plain_found {
    PLAIN_UNSURE, /* table_find_...() must look */
    PLAIN_NONE,   /* no slot of either bucket has the tag */
    PLAIN_FOUND,
};

STEP int plain_matches(struct lookup* lookup, const struct connection* slot, int request) {
    lookup->control = load_control(slot);
    return control_live(lookup->control, lookup->now) &&
           !slot_difference(slot, lookup, request ? request_ports(lookup) : reply_ports(lookup),
                            request ? PORTS_REQUEST_MASK : PORTS_REPLY_MASK);
}

/* The slot whose tag is met first in either bucket, or DESK_EMPTY.  Another slot and the other bucket's tags are fetched
 * while the tags are on their way: the likeliest slot, or at least its page, and what a third of all lookups want. */
STEP __s64 plain_tagged(const struct lookup* lookup, __u32 likely) {
    const __u32 first = likely / SLOTS_PER_BUCKET;
    const __u32 second = bucket_second(lookup->hash, settings.buckets);
    const __u16 tag = hash_tag(lookup->hash);
    const struct connection* slot = connection_at(likely);
    const struct tag_line *line = tag_line_at(first), *other = tag_line_at(second);
    if (!slot || !line || !other) return DESK_EMPTY;
    load_u64(slot);
    load_u64(other);
    __u64 lanes = lanes_tagged(line, tag);
    if (lanes) return first * SLOTS_PER_BUCKET + lane_lowest(lanes);
    lanes = lanes_tagged(other, tag);
    return lanes ? second * SLOTS_PER_BUCKET + lane_lowest(lanes) : (__s64)DESK_EMPTY;
}

/* In a sparse table the likeliest slot is nearly always the one, and no tag is looked at. */
STEP enum plain_found plain_find(struct passage* passage, const struct root* root, struct flow* flow, int request) {
    struct lookup* lookup = &passage->desk->lookup;
    lookup->hash = hash_client(NULL, &lookup->client, lookup->client_port, lookup->protocol);
    const __u32 likely = bucket_first(lookup->hash, settings.buckets) * SLOTS_PER_BUCKET + hash_lane(lookup->hash);
    const __s64 index = root->sparse ? (__s64)likely : plain_tagged(lookup, likely);
    if (index < 0) return PLAIN_NONE;
    flow->index = (__u32)index;
    flow->slot = connection_at(flow->index);
    if (flow->slot && plain_matches(lookup, flow->slot, request)) return PLAIN_FOUND;
    return root->sparse && plain_tagged(lookup, likely) < 0 ? PLAIN_NONE : PLAIN_UNSURE;
}

/* The found slot's ids, still its own once they were read, and both ends as the packet names them. */
STEP int plain_read(struct passage* passage, struct flow* flow, int request) {
    const struct lookup* lookup = &passage->desk->lookup;
    const __u64 ids = slot_word(flow->slot, WORD_IDS);
    flow->service_id = (__u32)ids;
    flow->server_id = (__u32)(ids >> 32);
    if (!control_same(load_control(flow->slot), lookup->control)) return 0;
    flow->service = service_at(lookup->set, flow->service_id);
    flow->server = server_at(lookup->set, flow->server_id);
    if (!flow->service || !flow->server) return 0;
    return address_equal(request ? &flow->service->address : &flow->server->address, &lookup->other);
}

/*
 * Once a tick the connection's expiry is written, the lower half of its control word and only that: it cannot undo what
 * another CPU does to the state, and if the slot changes hands in this very moment, its new owner keeps an expiry of
 * ours until its next packet.  A compare-and-swap would cost a fifth of the packet with a million connections, where
 * nearly every packet is its connection's first of the tick.  A change of state is table_advance()'s.
 */
STEP int plain_refresh(const struct desk* desk, const struct flow* flow, __u32 direction) {
    const __u64 control = desk->lookup.control;
    const __u32 event = event_of(desk->lookup.protocol, desk->tcp_flags);
    const __u64 next = control_after(flow->service, control, direction, event, desk->lookup.now);
    if (next == control) return 1;
    if (control_state(next) != control_state(control)) return 0;
    store_u32((__u32*)&flow->slot->control, control_expires(next));
    return 1;
}

/* What is from a server as well may be a reply, and what may open nothing has other verdicts: admit() judges those. */
STEP int plain_may_open(const struct passage* passage) {
    const struct desk* desk = passage->desk;
    return may_open(desk->lookup.protocol, desk->tcp_flags) &&
           !filter_has(desk->lookup.set, &passage->frame.source, FILTER_SERVER);
}

STEP void plain_open(const struct passage* passage, struct desk* opening) {
    const struct desk* desk = passage->desk;
    *opening = *desk;
    opening->sides = SIDE_REQUEST;
    opening->index = DESK_EMPTY;
    opening->action = hook_drop(passage->hook);
    opening->interface_slot = passage->interface->slot;
    for (int i = 0; i < 6; i += 2) /* by halves: the stack is not aligned for more */
        *(__u16*)(opening->mac + i) = ((const struct wire_field*)(passage->frame.ethernet + 6 + i))->value;
}

STEP int plain_request(struct passage* passage, const struct root* root) {
    struct desk* desk = passage->desk;
    struct flow flow;
    lookup_fill(&desk->lookup, &passage->frame, 0);
    const enum plain_found found = plain_find(passage, root, &flow, 1);
    if (found == PLAIN_NONE) return plain_may_open(passage) ? NEXT_FIRST : NEXT_ADMIT;
    if (found != PLAIN_FOUND || !plain_read(passage, &flow, 1)) return NEXT_ADMIT;
    if (is_over(desk) || !(flow.server->flags & SERVER_AVAILABLE)) return NEXT_ADMIT;
    if (!flow.slot->return_ifindex) return NEXT_ADMIT; /* request() learns it */
    if (!plain_refresh(desk, &flow, direction_in(flow.server))) return NEXT_ADMIT;
    if (root->told_packets) count_packet(root->told_packets, flow.slot, flow.index);
    return send_request(passage, &flow, 0);
}

STEP int plain_reply(struct passage* passage, const struct root* root) {
    struct desk* desk = passage->desk;
    struct flow flow;
    lookup_fill(&desk->lookup, &passage->frame, 1);
    if (plain_find(passage, root, &flow, 0) != PLAIN_FOUND || !plain_read(passage, &flow, 0)) return NEXT_ADMIT;
    if (flow.service->family == 0 || flow.slot->return_generation != root->client_generation) return NEXT_ADMIT;
    if (desk->tcp_flags & TCP_SYN) return NEXT_ADMIT; /* it may have to wait, see hold.h */
    if (!plain_refresh(desk, &flow, FLOW_output)) return NEXT_ADMIT;
    return send_reply(passage, &flow);
}

/* STEP_ON: headers are right and on the desk, with time and set. */
STEP int plain_judge(struct passage* passage, const struct root* root, __u8 family) {
    struct desk* desk = passage->desk;
    if (!plain_network(passage, family)) return NEXT_ADMIT;
    desk->lookup.set = root->active_set & 1;
    const __u64 jiffies = bpf_jiffies64();
    desk->lookup.now = tick_at(jiffies);
    if (lease_is_over(root, jiffies)) return NEXT_ADMIT;
    desk_measure(passage);
    return STEP_ON;
}

STEP int plain_packet(struct passage* passage, const struct root* root, __u8 family) {
    const struct frame* frame = &passage->frame;
    const int result = plain_judge(passage, root, family);
    if (result != STEP_ON) return result;
    const __u32 set = passage->desk->lookup.set;
    /* What is both is a request first, as in flow(). */
    if (filter_has(set, &frame->destination, FILTER_VIRTUAL)) return plain_request(passage, root);
    if (filter_has(set, &frame->source, FILTER_SERVER)) return plain_reply(passage, root);
    return VERDICT_not_ours;
}

/* Ethernet's type, 0 where the frame is not for us. */
STEP __be16 plain_type(struct passage* passage) {
    const __u8* data = passage->cursor->data;
    passage->interface = interface_at(passage->desk->ifindex & (INTERFACE_INDEX_SIZE - 1));
    if (!passage->interface || passage->interface->ifindex != passage->desk->ifindex) return 0;
    if (data + ETHER_HEADER > passage->cursor->end || !is_own_mac(passage->interface, data)) return 0;
    return ((const struct ether_header*)data)->type;
}

STEP int plain(struct passage* passage) {
    const struct root* root = root_get();
    const __be16 type = plain_type(passage);
    if (!root) return NEXT_ADMIT;
    if (type == WIRE16(ETHER_IPV4)) return plain_packet(passage, root, 4);
    return type == WIRE16(ETHER_IPV6) ? plain_packet(passage, root, 6) : (int)NEXT_ADMIT;
}

STEP int plain_opens_family(struct passage* passage, const struct root* root, struct desk* opening, __u8 family) {
    struct lookup* lookup = &passage->desk->lookup;
    const int result = plain_judge(passage, root, family);
    if (result != STEP_ON) return result;
    lookup_fill(lookup, &passage->frame, 0);
    lookup->hash = hash_client(NULL, &lookup->client, lookup->client_port, lookup->protocol);
    plain_open(passage, opening);
    return NEXT_OPEN;
}

/* NEXT_OPEN, and the desk is filled: for the very packet of which plain() has said so. */
STEP int plain_opens(struct passage* passage, struct desk* opening) {
    const struct root* root = root_get();
    const __be16 type = plain_type(passage);
    if (!root) return NEXT_ADMIT;
    if (type == WIRE16(ETHER_IPV4)) return plain_opens_family(passage, root, opening, 4);
    return type == WIRE16(ETHER_IPV6) ? plain_opens_family(passage, root, opening, 6) : (int)NEXT_ADMIT;
}

#endif
