/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors of our own, built in front of the packet they are about.
 *
 *   before:            | Ethernet, tags |            IP | payload                     |
 *   room made:  | head | Ethernet, tags |            IP | payload, cut at frame_length|
 *   written:    | Ethernet, tags | IP | ICMP         | IP | payload                   |
 *
 * The hook moves the start of the frame head bytes to the left and its end to frame_length (XDP:
 * bpf_xdp_adjust_head and bpf_xdp_adjust_tail; tc: bpf_skb_change_head and bpf_skb_change_tail), sets the
 * cursor anew and calls write_answer(). The old Ethernet header is read from where it was, so nothing has to
 * be kept.
 */
#ifndef LVX_BPF_PACKET_ICMP_ANSWER_H
#define LVX_BPF_PACKET_ICMP_ANSWER_H

#include "bpf/packet/checksum.h"
#include "bpf/packet/frame.h"
#include "bpf/packet/rewrite.h"

PACKET_BEGIN

enum answer_kind {
    ANSWER_PORT_UNREACHABLE, /* 3/3, ICMPv6 1/4 */
    ANSWER_TIME_EXCEEDED,    /* 11/0, 3/0 */
    ANSWER_TOO_BIG,          /* 3/4, 2/0 with the MTU */
};

struct answer {
    __u32 head;         /* bytes to insert in front */
    __u32 frame_length; /* of the whole new frame */
    __u32 quoted;       /* bytes of the packet in it: as much as RFC 1812 and RFC 4443 allow */
};

/* Whether an error may be sent about this packet (RFC 1122, 3.2.2; RFC 4443, 2.4 e): not about an ICMP error,
 * a later fragment, or from or to what is no single station. The hook has already refused group MACs. */
PACKET_INLINE int may_answer(const struct frame* frame);
PACKET_INLINE struct answer plan_answer(const struct frame* frame);
/*
 * Writes the answer: from the address given to the packet's source, MACs swapped, tags kept.  mtu in bytes,
 * for ANSWER_TOO_BIG.  The frame is what was parsed before room was made.  Not 0: written; 0: the room is not
 * there.
 */
PACKET_INLINE int write_answer(const struct cursor* cursor, const struct frame* frame,
                               const struct answer* answer, enum answer_kind kind, const union address* from,
                               __u32 mtu);

PACKET_INLINE int is_single_ipv4(const union address* address) {
    __u32 network = WIRE32(address->words[3]) >> 24;
    return network != 0 && network != 127 && network < 224;
}

PACKET_INLINE int is_single_ipv6(const union address* address) {
    int nobody_or_self = address->halves[0] == 0 && address->words[2] == 0 && WIRE32(address->words[3]) <= 1;
    return !nobody_or_self && WIRE32(address->words[0]) >> 24 != 0xff;
}

/* Whether an ICMP packet is none that an answer may be about. */
PACKET_INLINE int is_icmp_complaint(const struct frame* frame) {
    if (frame->protocol != icmp_of(frame->family)) return 0;
    if (!frame->transport) return 1; /* cannot tell */
    if (frame->family == 6)
        return frame->icmp_type < ICMPV6_INFORMATIONAL || frame->icmp_type == ICMPV6_REDIRECT;
    return frame_is_icmp_error(frame) || frame->icmp_type == ICMPV4_SOURCE_QUENCH ||
           frame->icmp_type == ICMPV4_REDIRECT;
}

PACKET_INLINE int may_answer(const struct frame* frame) {
    if (frame->fragment == FRAGMENT_LATER || is_icmp_complaint(frame)) return 0;
    if (frame->family == 6) return is_single_ipv6(&frame->source) && is_single_ipv6(&frame->destination);
    return is_single_ipv4(&frame->source) && is_single_ipv4(&frame->destination);
}

PACKET_INLINE struct answer plan_answer(const struct frame* frame) {
    struct answer answer;
    const __u32 limit = frame->family == 6 ? IPV6_ERROR_LIMIT : IPV4_ERROR_LIMIT;
    const __u32 header = frame->family == 6 ? IPV6_HEADER : IPV4_HEADER;
    answer.head = header + ICMP_HEADER;
    answer.quoted = frame->l3_length < limit - answer.head ? frame->l3_length : limit - answer.head;
    answer.frame_length = frame->l3_offset + answer.head + answer.quoted;
    return answer;
}

/* 14 bytes and room for two tags, read and written whole: an IP header follows, which is written later. */
struct answer_ether {
    __u8 destination[6];
    __u8 source[6];
    struct wire_field rest[5];
} PACKET_WIRE;

PACKET_INLINE int write_answer_ether(const struct cursor* cursor, const struct frame* frame, __u32 head) {
    if (frame->l3_offset < ETHER_HEADER) return 1; /* a layer-3 device */
    const struct answer_ether* before = (const struct answer_ether*)cursor_at(cursor, head, sizeof(*before));
    struct answer_ether* after = (struct answer_ether*)cursor_at(cursor, 0, sizeof(*after));
    if (!before || !after) return 0;
    for (int i = 0; i < 5; ++i)
        after->rest[i].value = before->rest[i].value;
    copy_mac(after->destination, before->source);
    copy_mac(after->source, before->destination);
    return 1;
}

enum {
    ANSWER_HOPS = 64,
    ANSWER_PRECEDENCE = 0xc0, /* internetwork control (RFC 1812, 4.3.2.5) */
};

PACKET_INLINE void write_answer_ipv4(struct ipv4_header* ip, const struct frame* frame,
                                     const struct answer* answer, const union address* from) {
    ip->version_length = 0x45;
    ip->service = ANSWER_PRECEDENCE;
    ip->total_length = WIRE16(answer->head + answer->quoted);
    ip->identification = 0; /* never fragmented (RFC 6864, 4.1) */
    ip->fragment = WIRE16(IPV4_DONT_FRAGMENT);
    ip->ttl = ANSWER_HOPS;
    ip->protocol = PROTOCOL_ICMP;
    ip->source = from->words[3];
    ip->destination = frame->source.words[3];
    __u64 fixed = (__u64)WIRE16(0x4500 | ANSWER_PRECEDENCE) + WIRE16(IPV4_DONT_FRAGMENT) +
                  WIRE16(ANSWER_HOPS << 8 | PROTOCOL_ICMP);
    ip->checksum = (__u16)~checksum_fold(fixed + ip->total_length + from->words[3] + frame->source.words[3]);
}

PACKET_INLINE void write_answer_ipv6(struct ipv6_header* ip, const struct frame* frame,
                                     const struct answer* answer, const union address* from) {
    ip->version_class_flow = WIRE32(0x60000000);
    ip->payload_length = WIRE16(ICMP_HEADER + answer->quoted);
    ip->next_header = PROTOCOL_ICMP6;
    ip->hop_limit = ANSWER_HOPS;
    for (int i = 0; i < 2; ++i) {
        ip->source[i].value = from->halves[i];
        ip->destination[i].value = frame->source.halves[i];
    }
}

/* Type and code as one number. */
PACKET_INLINE __u16 answer_type(__u8 family, enum answer_kind kind) {
    if (family == 6) {
        if (kind == ANSWER_TIME_EXCEEDED) return ICMPV6_TIME_EXCEEDED << 8;
        if (kind == ANSWER_TOO_BIG) return ICMPV6_PACKET_TOO_BIG << 8;
        return ICMPV6_UNREACHABLE << 8 | ICMPV6_PORT_UNREACHABLE;
    }
    if (kind == ANSWER_TIME_EXCEEDED) return ICMPV4_TIME_EXCEEDED << 8;
    if (kind == ANSWER_TOO_BIG) return ICMPV4_UNREACHABLE << 8 | ICMPV4_FRAGMENTATION_NEEDED;
    return ICMPV4_UNREACHABLE << 8 | ICMPV4_PORT_UNREACHABLE;
}

PACKET_INLINE int write_answer_icmp(const struct cursor* cursor, const struct frame* frame,
                                    const struct answer* answer, enum answer_kind kind,
                                    const union address* from, __u32 mtu) {
    __u32 offset = frame->l3_offset + answer->head - ICMP_HEADER;
    struct icmp_header* icmp = (struct icmp_header*)cursor_at(cursor, offset, ICMP_HEADER);
    if (!icmp) return 0;
    __u16 type = answer_type(frame->family, kind);
    icmp->type = (__u8)(type >> 8);
    icmp->code = (__u8)type;
    icmp->checksum = 0;
    icmp->rest = kind == ANSWER_TOO_BIG ? WIRE32(mtu) : 0;

    struct checksum_range message = {0, offset, ICMP_HEADER + answer->quoted};
    if (frame->family == 6)
        message.sum = checksum_pseudo(from, &frame->source, PROTOCOL_ICMP6, message.length);
    struct cursor here = *cursor;
    if (!checksum_add(&here, &message)) return 0;
    icmp->checksum = (__u16)~checksum_fold(message.sum);
    return 1;
}

PACKET_INLINE int write_answer(const struct cursor* cursor, const struct frame* frame,
                               const struct answer* answer, enum answer_kind kind, const union address* from,
                               __u32 mtu) {
    if (!write_answer_ether(cursor, frame, answer->head)) return 0;
    __u8* network = frame->family == 6 ? cursor_at(cursor, frame->l3_offset, IPV6_HEADER)
                                       : cursor_at(cursor, frame->l3_offset, IPV4_HEADER);
    if (!network) return 0;
    if (frame->family == 6) {
        write_answer_ipv6((struct ipv6_header*)network, frame, answer, from);
    } else {
        write_answer_ipv4((struct ipv4_header*)network, frame, answer, from);
    }
    return write_answer_icmp(cursor, frame, answer, kind, from, mtu);
}

PACKET_END

#endif
