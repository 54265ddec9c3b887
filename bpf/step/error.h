/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors about packets of our connections, translated like the packets they quote.  They change no state and
 * refresh nothing, as in IPVS.
 */
#ifndef LVX_BPF_STEP_ERROR_H
#define LVX_BPF_STEP_ERROR_H

#include "bpf/packet/icmp_error.h"
#include "bpf/step/reply.h"

/* An error about a reply: the quote's source is a virtual address.  Goes to the server. */
STEP int send_error_to_server(struct passage* passage, struct frame* quoted, const struct flow* flow) {
    const struct nexthop* nexthop = way_to_server(flow->server);
    if (!(flow->server->flags & SERVER_AVAILABLE)) return VERDICT_server_gone;
    if (!nexthop) return VERDICT_no_neighbour;
    leave_by_nexthop(passage, nexthop);
    if (flow->server->method == METHOD_masq) {
        translate_error_to_server(&passage->frame, quoted, &flow->server->address, flow->slot->server_port);
        hook_note_hop(passage);
    } else {
        hook_rewrite_hop(passage);
    }
    return hook_send(passage, VERDICT_error_to_server);
}

/* An error about a request: the quote's destination is a real server.  Goes to the client. */
STEP int send_error_to_client(struct passage* passage, struct frame* quoted, const struct flow* flow) {
    if (flow->service->family == 0) return VERDICT_server_gone;
    if (!way_is_known(passage->desk, flow->slot)) return NEXT_WAY;
    const struct interface* interface = interface_find(flow->slot->return_ifindex);
    if (!interface) return VERDICT_no_route;
    leave_to_client(passage, flow->slot, interface);
    translate_error_to_client(&passage->frame, quoted, &flow->service->address, flow->slot->virtual_port);
    hook_note_hop(passage);
    return hook_send(passage, VERDICT_error_to_client);
}

STEP int parse_both(struct passage* passage, struct frame* quoted) {
    const int result = parse_frame(passage->cursor, &passage->frame);
    if (result == PACKET_PARSED && !frame_is_icmp_error(&passage->frame)) return VERDICT_frame_refused;
    return result == PACKET_PARSED ? parse_quoted(passage->cursor, &passage->frame, quoted) : result;
}

/*
 * Judges the ICMP checksum while the desk still holds the error's own addresses.  A function of its own, from what the
 * desk says and not from the headers, because the verifier would prove the sum's loop once for each way to parse them.
 */
STEP int check_sum(struct passage* passage) {
    struct desk* desk = passage->desk;
    struct frame* frame = &passage->frame;
    frame->family = desk->family;
    frame->protocol = desk->lookup.protocol;
    frame->source = desk->lookup.client; /* or the other way round: a sum does not mind */
    frame->destination = desk->lookup.other;
    frame->l4_offset = desk->l4_offset;
    frame->l4_length = (__u32)desk->l3_offset + desk->l3_length - desk->l4_offset;
    if (verify_icmp(passage->cursor, frame) != PACKET_PARSED) desk->done |= DESK_WRONG_SUM;
    return 0;
}

/* Finds the connection the quoted packet belongs to; what the desk held of the error itself gives way to it. */
STEP int error(struct passage* passage) {
    struct desk* desk = passage->desk;
    struct frame quoted = {};
    const int strange = desk->sides ? VERDICT_unknown_error : VERDICT_not_ours;
    const int result = parse_both(passage, &quoted);
    if (result != PACKET_PARSED) return desk->sides || result < 0 ? result : strange;

    const __u32 set = desk->lookup.set;
    const int about_reply = desk->sides & SIDE_REQUEST && filter_has(set, &quoted.source, FILTER_VIRTUAL);
    if (!about_reply && !filter_has(set, &quoted.destination, FILTER_SERVER)) return strange;
    if (about_reply) desk->done |= DESK_ABOUT_REPLY;
    lookup_fill(&desk->lookup, &quoted, about_reply);
    desk->index = about_reply ? table_find_request(NULL, &desk->lookup) : table_find_reply(NULL, &desk->lookup);
    return desk->index < 0 ? strange : (int)NEXT_TRANSLATE;
}

/* An error is never answered: one whose hops run out here is dropped. */
STEP int translate(struct passage* passage) {
    const struct desk* desk = passage->desk;
    if (desk->index < 0) return refusal_verdict(desk->index);
    struct frame quoted = {};
    int result = parse_both(passage, &quoted);
    if (result != PACKET_PARSED) return result;
    struct flow flow;
    result = flow_read(desk, &flow);
    if (result != STEP_ON) return result;
    if (desk->done & DESK_WRONG_SUM) return VERDICT_bad_icmp;
    result = check_hops(passage);
    if (result != STEP_ON) return result;
    return desk->done & DESK_ABOUT_REPLY ? send_error_to_server(passage, &quoted, &flow)
                                         : send_error_to_client(passage, &quoted, &flow);
}

#endif
