/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors of our own, built in front of the packet they are about.
 *
 *   before:            | Ethernet, tags |            IP | payload                     |
 *   room made:  | head | Ethernet, tags |            IP | payload, cut at frame_length|
 *   written:    | Ethernet, tags | IP | ICMP         | IP | payload                   |
 *
 * The hook moves the start of the frame head bytes to the left and its end to frame_length (XDP: bpf_xdp_adjust_head and
 * bpf_xdp_adjust_tail; tc: bpf_skb_change_head and bpf_skb_change_tail), sets the cursor anew and calls write_answer().
 * The old Ethernet header is read from where it was, so nothing has to be kept.
 */
#ifndef LVX_BPF_PACKET_ICMP_ANSWER_H
#define LVX_BPF_PACKET_ICMP_ANSWER_H

#include "bpf/packet/checksum.h"
#include "bpf/packet/frame.h"

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

/* Whether an error may be sent about this packet (RFC 1122, 3.2.2; RFC 4443, 2.4 e): not about an ICMP error, a later
 * fragment, or from or to what is no single station. The hook has already refused group MACs. */
PACKET_INLINE int may_answer(const struct frame* frame);
PACKET_INLINE struct answer plan_answer(const struct frame* frame);
/*
 * Writes the answer: from the address given to the packet's source, MACs swapped, tags kept.  mtu in bytes, for
 * ANSWER_TOO_BIG.  The frame is what was parsed before room was made.  Not 0: written; 0: the room is not there.
 */
PACKET_INLINE int write_answer(const struct cursor* cursor, const struct frame* frame, const struct answer* answer,
                               enum answer_kind kind, const union address* from, __u32 mtu);

PACKET_END

#endif
