/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What both twins do with a frame: parse it, tell all about it, then one of the operations of bpf/packet. The
 * same source runs in the kernel (twin.bpf.c) and natively (twin_test.cc); they must not differ in a single
 * byte.
 */
#ifndef LVX_TESTS_TWIN_TWIN_H
#define LVX_TESTS_TWIN_TWIN_H

#include "bpf/packet/packet.h"

#ifdef __cplusplus
using namespace lvx::packet;
#endif

enum twin_operation {
    TWIN_PARSE,
    TWIN_REQUEST,
    TWIN_REPLY,
    TWIN_REQUEST_PARTIAL,
    TWIN_REPLY_UNTOUCHED,
    TWIN_STAY, /* no hop: destination, then source */
    TWIN_TTL,
    TWIN_LINK, /* MACs and VLAN */
    TWIN_ERROR_TO_SERVER,
    TWIN_ERROR_TO_CLIENT,
    TWIN_ANSWER, /* room for it is made between twin_run() and twin_answer() */
    TWIN_OPERATIONS
};

struct twin_input {
    union address to;
    __u8 macs[12];
    __be16 port;
    __u16 vlan;
    __u32 operation;
    __u32 kind; /* enum answer_kind */
    __u32 mtu;
    __u32 zero;
};

/* struct frame without pointers: -1 for none, else where they point. */
struct twin_frame {
    union address source;
    union address destination;
    __s32 ethernet, network, transport, checksum;
    __u32 l3_offset, l4_offset, l3_length, l4_length;
    __be16 source_port, destination_port, ether_type;
    __u16 vlan, inner_vlan;
    __u8 tags, family, protocol, ttl, tcp_flags, fragment, dont_fragment, icmp_type, icmp_code;
    __u8 zero[5];
};

struct twin_output {
    struct twin_frame frame;
    struct twin_frame quoted;
    struct answer answer;
    __s32 stage; /* how many of the three parsers were content */
    __s32 result;
    __s32 quoted_result;
    __s32 verified;
    __s32 answerable;
    __s32 written;
    __s32 zero;
};

PACKET_INLINE __s32 twin_place(const struct cursor* cursor, const __u8* pointer) {
    return pointer ? (__s32)(pointer - cursor->data) : -1;
}

PACKET_INLINE void twin_tell_link(const struct cursor* cursor, const struct frame* frame,
                                  struct twin_frame* told) {
    told->ethernet = twin_place(cursor, frame->ethernet);
    told->l3_offset = frame->l3_offset;
    told->ether_type = frame->ether_type;
    told->vlan = frame->vlan;
    told->inner_vlan = frame->inner_vlan;
    told->tags = frame->tags;
}

PACKET_INLINE void twin_tell(const struct cursor* cursor, const struct frame* frame,
                             struct twin_frame* told) {
    told->source = frame->source;
    told->destination = frame->destination;
    told->network = twin_place(cursor, frame->network);
    told->transport = twin_place(cursor, frame->transport);
    told->checksum = twin_place(cursor, frame->checksum);
    told->l3_offset = frame->l3_offset;
    told->l4_offset = frame->l4_offset;
    told->l3_length = frame->l3_length;
    told->l4_length = frame->l4_length;
    told->source_port = frame->source_port;
    told->destination_port = frame->destination_port;
    told->family = frame->family;
    told->protocol = frame->protocol;
    told->ttl = frame->ttl;
    told->tcp_flags = frame->tcp_flags;
    told->fragment = frame->fragment;
    told->dont_fragment = frame->dont_fragment;
    told->icmp_type = frame->icmp_type;
    told->icmp_code = frame->icmp_code;
}

PACKET_INLINE int twin_parse(const struct cursor* cursor, struct frame* frame, struct twin_output* output) {
    output->result = parse_ethernet(cursor, frame);
    if (output->result != PACKET_PARSED) return 0;
    output->stage = 1;
    twin_tell_link(cursor, frame, &output->frame);
    output->result = parse_network(cursor, frame);
    if (output->result != PACKET_PARSED) return 0;
    output->stage = 2;
    output->result = parse_transport(cursor, frame);
    if (output->result != PACKET_PARSED) return 0;
    output->stage = 3;
    twin_tell(cursor, frame, &output->frame);
    output->answerable = may_answer(frame);
    return 1;
}

PACKET_INLINE void twin_translate(const struct cursor* cursor, struct frame* frame,
                                  const struct twin_input* input, struct twin_output* output) {
    struct frame quoted;
    if (!frame_is_icmp_error(frame)) return;
    output->verified = verify_icmp(cursor, frame);
    output->quoted_result = parse_quoted(cursor, frame, &quoted);
    if (output->quoted_result != PACKET_PARSED) return;
    twin_tell(cursor, &quoted, &output->quoted);
    if (input->operation == TWIN_ERROR_TO_SERVER) {
        translate_error_to_server(frame, &quoted, &input->to, input->port);
    } else {
        translate_error_to_client(frame, &quoted, &input->to, input->port);
    }
    output->written = 1;
}

PACKET_INLINE void twin_operate(const struct cursor* cursor, struct frame* frame,
                                const struct twin_input* input, struct twin_output* output) {
    const __u32 operation = input->operation;
    if (operation == TWIN_REQUEST) rewrite_request(frame, &input->to, input->port, SUM_COMPLETE);
    if (operation == TWIN_REPLY) rewrite_reply(frame, &input->to, input->port, SUM_COMPLETE);
    if (operation == TWIN_REQUEST_PARTIAL) rewrite_request(frame, &input->to, input->port, SUM_PARTIAL);
    if (operation == TWIN_REPLY_UNTOUCHED) rewrite_reply(frame, &input->to, input->port, SUM_UNTOUCHED);
    if (operation == TWIN_STAY) {
        rewrite_destination(frame, &input->to, input->port, SUM_COMPLETE);
        rewrite_source(frame, &input->to, input->port, SUM_COMPLETE);
    }
    if (operation == TWIN_TTL) rewrite_ttl(frame);
    if (operation == TWIN_LINK) {
        rewrite_macs(frame, input->macs, input->macs + 6);
        output->written = rewrite_vlan(cursor, frame, input->vlan);
    }
    if (operation == TWIN_ERROR_TO_SERVER || operation == TWIN_ERROR_TO_CLIENT) {
        twin_translate(cursor, frame, input, output);
    }
    if (operation == TWIN_ANSWER) output->answer = plan_answer(frame);
}

/* Not 0: the frame is parsed, and an answer may be written if that was asked for. */
PACKET_INLINE int twin_run(const struct cursor* cursor, struct frame* frame, const struct twin_input* input,
                           struct twin_output* output) {
    if (!twin_parse(cursor, frame, output)) return 0;
    twin_operate(cursor, frame, input, output);
    return 1;
}

PACKET_INLINE void twin_answer(const struct cursor* cursor, struct frame* frame,
                               const struct twin_input* input, struct twin_output* output) {
    const struct answer answer = output->answer;
    enum answer_kind kind = (enum answer_kind)input->kind;
    output->written = write_answer(cursor, frame, &answer, kind, &input->to, input->mtu) ? 1 : 0;
}

#endif
