/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A hook's program is plain(): what needs nothing else (plain.h).  Everything else is tail-called: first() for the first
 * packet of an ordinary connection (first.h), and a program that is a few functions called one after the other.  Each is global: the verifier proves it once and on its own, whatever the
 * others found, and its stack is free again when it returns (512 bytes are all there is).  What one knows and the next
 * needs lies on the desk, in the frame of the program that calls them.
 *
 *   admit    interface, headers, station, address filter: what the frame is
 *   opens    instead of admit, where plain() says that the packet opens a connection, and first() left it undone
 *   flow     requests and replies: found, rewritten, sent; or asks for one of these two, and is called again:
 *   open       a new connection
 *   persist    a new connection of a client that keeps its server
 *   way        the way back to a client, asked of the kernel
 *   check_sum, error    ICMP errors: are they sound, which connection are they about; then
 *   translate  the error, as what it quotes was translated
 *   answer   an ICMP error of our own
 *
 * A function returns a verdict or, below 0, what is to be called next.
 */
#ifndef LVX_BPF_STEP_DESK_H
#define LVX_BPF_STEP_DESK_H

#include "abi/verdict.h"
#include "bpf/table/lookup.h"

enum { NEXT_ADMIT = -16, NEXT_FLOW, NEXT_FIRST, NEXT_OPEN, NEXT_PERSIST, NEXT_WAY, NEXT_ERROR, NEXT_TRANSLATE };

enum side {
    SIDE_REQUEST = 1 << 0, /* to a virtual address */
    SIDE_REPLY = 1 << 1,   /* from a real server */
};

enum desk_bit {
    DESK_ROUTED = 1 << 0,     /* the way back has been asked for */
    DESK_NO_REQUEST = 1 << 1, /* both addresses are ours, but it is no request: a reply, then */
    DESK_ABOUT_REPLY = 1 << 2, /* the ICMP error quotes a reply */
    DESK_WRONG_SUM = 1 << 3,   /* its checksum is wrong */
    DESK_FENCED = 1 << 4,      /* the lease is over: nothing leaves with a guarded address as its source */
};

enum { DESK_EMPTY = -1 }; /* desk.index: not looked for yet */

struct desk {
    struct lookup lookup; /* of the packet, or of the one an ICMP error quotes */
    __s32 index;          /* of the connection's slot, DESK_EMPTY, or refuse(verdict) */
    __s32 action;         /* of the hook, for what was sent or answered */
    __u32 ifindex;        /* it came in by */
    __u32 interface_slot; /* where its counters are */
    __u32 packet_length;  /* layer-3 bytes of what travels on the wire: a super-frame's segment, else the packet */
    __u16 l3_offset;
    __u16 l4_offset;
    __u16 l3_length;
    __u16 vlan;           /* VID it came with, 0: none */
    __u16 answer_mtu;
    __u8 mac[6];          /* of the client or of the router it is behind, for a new connection */
    __u8 sides;
    __u8 done;            /* enum desk_bit */
    __u8 existed;         /* another CPU had opened the connection */
    __u8 family;
    __u8 tags;            /* in the frame */
    __u8 ttl;
    __u8 tcp_flags;
    __u8 fragment;
    __u8 dont_fragment;
    __u8 verdict; /* of kind "answered" */
    __u8 zero[2];
};
ABI_ASSERT_SIZE(struct desk, 112);

/* Indices that stand for a verdict. */
enum { REFUSAL = -64 };
static __always_inline int refuse(enum verdict verdict) { return REFUSAL - (int)verdict; }
static __always_inline int refusal_verdict(int index) { return REFUSAL - index; }

#endif
