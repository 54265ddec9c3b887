/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a frame says, and the three parsers that find out:
 *
 *   parse_ethernet    Ethernet and up to two VLAN tags
 *   parse_network     the fixed IPv4 or IPv6 header: enough to know whether the packet is ours
 *   parse_transport   IPv6 extension headers, then TCP, UDP, ICMP or nothing known
 *
 * They are called in this order and each returns PACKET_PARSED, PACKET_NOT_LINEAR or a verdict.  They are
 * apart because a packet that is not ours must not be dropped for a header only its receiver may judge, so
 * the caller asks for the addresses first.  Lengths are checked against cursor.length, bytes against
 * cursor.end.
 */
#ifndef LVX_BPF_PACKET_FRAME_H
#define LVX_BPF_PACKET_FRAME_H

#include "bpf/packet/cursor.h"
#include "bpf/packet/wire.h"

PACKET_BEGIN

enum fragment_kind {
    FRAGMENT_NONE,  /* whole (an IPv6 atomic fragment too, RFC 6946) */
    FRAGMENT_FIRST, /* has the transport header */
    FRAGMENT_LATER, /* has none: transport is null, ports are 0 */
};

struct frame {
    union address source; /* IPv4 as ::ffff:a.b.c.d */
    union address destination;

    /* Into the frame, each with the bytes named in reach; made anew by frame_locate() after a helper moved
     * the frame. */
    __u8* ethernet;  /* 14 bytes */
    __u8* network;   /* 20 or 40 bytes by family */
    __u8* transport; /* 8 bytes; null: later fragment or another protocol */
    __u8* checksum;  /* the 2 bytes of the transport checksum that covers the addresses; null: none, ICMPv4 */

    __u32 l3_offset; /* of the IP header in the frame */
    __u32 l4_offset;
    __u32 l3_length;    /* IP header and payload, as the header says: without Ethernet padding */
    __u32 l4_length;    /* transport header and payload */
    __be16 source_port; /* 0 unless TCP or UDP */
    __be16 destination_port;
    __be16 ether_type; /* behind the tags */
    __u16 vlan;        /* outer VID, host order; 0: untagged or priority-tagged */
    __u16 inner_vlan;  /* of the second tag */
    __u8 tags;         /* 0, 1 or 2 */
    __u8 family;       /* 4 or 6 */
    __u8 protocol;     /* behind the extension headers once parse_transport() has run */
    __u8 ttl;          /* or hop limit */
    __u8 tcp_flags;
    __u8 fragment;      /* enum fragment_kind */
    __u8 dont_fragment; /* DF; always 1 for IPv6 */
    __u8 icmp_type;
    __u8 icmp_code;
    __u8 tcp_header; /* bytes of the TCP header with its options; 0: not TCP */
    __u8 zero[4];
};

/* Ethernet: not_ip for all but IPv4 and IPv6. */
PACKET_INLINE int parse_ethernet(const struct cursor* cursor, struct frame* frame);
/* The IP header at frame->l3_offset; frame->ether_type says which.  Without Ethernet (layer-3 devices) the
 * caller sets both and ethernet to null. */
PACKET_INLINE int parse_network(const struct cursor* cursor, struct frame* frame);
PACKET_INLINE int parse_transport(const struct cursor* cursor, struct frame* frame);
/* All three. */
PACKET_INLINE int parse_frame(const struct cursor* cursor, struct frame* frame);
/* Finds the four pointers again; not 0: found.  Offsets count from the new start of the frame. */
PACKET_INLINE int frame_locate(const struct cursor* cursor, struct frame* frame);
/* Unreachable, time exceeded, parameter problem, and ICMPv6 packet too big: about a packet of which they
 * quote the head. */
PACKET_INLINE int frame_is_icmp_error(const struct frame* frame);

PACKET_END

#include "bpf/packet/frame_parse.h"

#endif
