/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What network address translation writes.  The frame is parsed and its pointers are fresh; its values stay what they
 * were before.  Later fragments and protocols without ports get their addresses changed only.
 */
#ifndef LVX_BPF_PACKET_REWRITE_H
#define LVX_BPF_PACKET_REWRITE_H

#include "bpf/packet/checksum.h"
#include "bpf/packet/frame.h"

PACKET_BEGIN

/* What is done with the transport checksum. */
enum sum_mode {
    SUM_COMPLETE,  /* updated: XDP */
    SUM_PARTIAL,   /* updated as a sum of the pseudo header: a super-frame at tc */
    SUM_UNTOUCHED, /* left to bpf_l4_csum_replace(), which takes rewrite_address_change() and change16() of the ports */
};

/* A request: destination address and port become the server's, time to live one less; mode is a constant. */
PACKET_INLINE void rewrite_request(struct frame* frame, const union address* server, __be16 port, enum sum_mode mode);
/* A reply: source address and port become the virtual ones, time to live one less. */
PACKET_INLINE void rewrite_reply(struct frame* frame, const union address* virtual_address, __be16 port,
                                 enum sum_mode mode);
/* The same without a hop: for what stays on this machine. */
PACKET_INLINE void rewrite_destination(struct frame* frame, const union address* to, __be16 port, enum sum_mode mode);
PACKET_INLINE void rewrite_source(struct frame* frame, const union address* to, __be16 port, enum sum_mode mode);
/* One hop less and nothing else. */
PACKET_INLINE void rewrite_ttl(struct frame* frame);
/* Both 6 bytes long, at even addresses, not on the stack (the verifier wants whole words there). */
PACKET_INLINE void rewrite_macs(struct frame* frame, const __u8* destination, const __u8* source);
/* The VID of the outer tag, its priority stays; only for frames with a tag. */
PACKET_INLINE void rewrite_vlan(struct frame* frame, __u16 vlan);
/* What changes in the pseudo header when before becomes after. */
PACKET_INLINE __u64 rewrite_address_change(const struct frame* frame, const union address* before,
                                           const union address* after);

PACKET_END

#endif
