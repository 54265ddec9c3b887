/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What network address translation writes.  The frame is parsed and its pointers are fresh; its values stay
 * what they were before.  Later fragments and protocols without ports get their addresses changed only.
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
    SUM_UNTOUCHED, /* left to bpf_l4_csum_replace(), which takes rewrite_address_change() and change16() of
                      the ports */
};

/* A request: destination address and port become the server's, time to live one less; mode is a constant. */
PACKET_INLINE void rewrite_request(struct frame* frame, const union address* server, __be16 port,
                                   enum sum_mode mode);
/* A reply: source address and port become the virtual ones, time to live one less. */
PACKET_INLINE void rewrite_reply(struct frame* frame, const union address* virtual_address, __be16 port,
                                 enum sum_mode mode);
/* The same without a hop: for what stays on this machine. */
PACKET_INLINE void rewrite_destination(struct frame* frame, const union address* to, __be16 port,
                                       enum sum_mode mode);
PACKET_INLINE void rewrite_source(struct frame* frame, const union address* to, __be16 port,
                                  enum sum_mode mode);
/* One hop less and nothing else. */
PACKET_INLINE void rewrite_ttl(struct frame* frame);
/* Both 6 bytes long, at even addresses, not on the stack (the verifier wants whole words there). */
PACKET_INLINE void rewrite_macs(struct frame* frame, const __u8* destination, const __u8* source);
/* The VID of the outer tag; its priority stays.  Not 0: written; 0: there is no tag. */
PACKET_INLINE int rewrite_vlan(const struct cursor* cursor, struct frame* frame, __u16 vlan);
/* What changes in the pseudo header when before becomes after. */
PACKET_INLINE __u64 rewrite_address_change(const struct frame* frame, const union address* before,
                                           const union address* after);

enum rewrite_side { SIDE_SOURCE, SIDE_DESTINATION };

/* Writes an address of the IP header; the change. */
PACKET_INLINE __u64 write_ipv4_address(struct ipv4_header* ip, enum rewrite_side side,
                                       const union address* to) {
    __be32 before = side == SIDE_SOURCE ? ip->source : ip->destination;
    __be32 after = to->words[3];
    if (side == SIDE_SOURCE) {
        ip->source = after;
    } else {
        ip->destination = after;
    }
    return change32(before, after);
}

PACKET_INLINE __u64 write_ipv6_address(struct ipv6_header* ip, enum rewrite_side side,
                                       const union address* to) {
    struct wire_long* halves = side == SIDE_SOURCE ? ip->source : ip->destination;
    __u64 change = change64(halves[0].value, to->halves[0]) + change64(halves[1].value, to->halves[1]);
    halves[0].value = to->halves[0];
    halves[1].value = to->halves[1];
    return change;
}

/* Address and, where hops is 1, time to live of the IP header with its checksum; the change of the address.
 */
PACKET_INLINE __u64 rewrite_network(struct frame* frame, enum rewrite_side side, const union address* to,
                                    int hops) {
    if (frame->family == 6) {
        struct ipv6_header* ip = (struct ipv6_header*)frame->network;
        ip->hop_limit = (__u8)(ip->hop_limit - hops);
        return write_ipv6_address(ip, side, to);
    }
    struct ipv4_header* ip = (struct ipv4_header*)frame->network;
    __u64 change = write_ipv4_address(ip, side, to);
    ip->ttl = (__u8)(ip->ttl - hops);
    ip->checksum = checksum_changed(ip->checksum, hops ? change + change_ttl() : change);
    return change;
}

PACKET_INLINE int protocol_has_ports(__u8 protocol) {
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
}

/* Writes a port; the change. */
PACKET_INLINE __u64 rewrite_port(struct frame* frame, enum rewrite_side side, __be16 port) {
    struct wire_field* ports = (struct wire_field*)frame->transport;
    __be16 before = side == SIDE_SOURCE ? frame->source_port : frame->destination_port;
    ports[side == SIDE_SOURCE ? 0 : 1].value = port;
    return change16(before, port);
}

/* The transport checksum's new value; UDP's 0 stays "none", and a sum of 0 is written as 0xffff (RFC 768). */
PACKET_INLINE __u16 transport_checksum(const struct frame* frame, __u16 checksum, __u64 change) {
    __u16 changed = checksum_changed(checksum, change);
    if (frame->protocol != PROTOCOL_UDP) return changed;
    if (checksum == 0) return 0;
    return changed ? changed : 0xffff;
}

PACKET_INLINE void rewrite_sum(struct frame* frame, __u64 address_change, __u64 port_change,
                               enum sum_mode mode) {
    struct wire_field* field = (struct wire_field*)frame->checksum;
    if (mode == SUM_UNTOUCHED) return;
    field->value = mode == SUM_PARTIAL
                       ? checksum_changed_partial(field->value, address_change)
                       : transport_checksum(frame, field->value, address_change + port_change);
}

PACKET_INLINE void rewrite_endpoint(struct frame* frame, enum rewrite_side side, const union address* to,
                                    __be16 port, int hops, enum sum_mode mode) {
    __u64 address_change = rewrite_network(frame, side, to, hops);
    if (!frame->checksum) return; /* TCP and UDP have one wherever they have ports */
    __u64 port_change = frame->protocol == PROTOCOL_ICMP6 ? 0 : rewrite_port(frame, side, port);
    rewrite_sum(frame, address_change, port_change, mode);
}

PACKET_INLINE void rewrite_request(struct frame* frame, const union address* server, __be16 port,
                                   enum sum_mode mode) {
    rewrite_endpoint(frame, SIDE_DESTINATION, server, port, 1, mode);
}

PACKET_INLINE void rewrite_reply(struct frame* frame, const union address* virtual_address, __be16 port,
                                 enum sum_mode mode) {
    rewrite_endpoint(frame, SIDE_SOURCE, virtual_address, port, 1, mode);
}

PACKET_INLINE void rewrite_destination(struct frame* frame, const union address* to, __be16 port,
                                       enum sum_mode mode) {
    rewrite_endpoint(frame, SIDE_DESTINATION, to, port, 0, mode);
}

PACKET_INLINE void rewrite_source(struct frame* frame, const union address* to, __be16 port,
                                  enum sum_mode mode) {
    rewrite_endpoint(frame, SIDE_SOURCE, to, port, 0, mode);
}

PACKET_INLINE void rewrite_ttl(struct frame* frame) {
    if (frame->family == 6) {
        struct ipv6_header* ip = (struct ipv6_header*)frame->network;
        ip->hop_limit = (__u8)(ip->hop_limit - 1);
        return;
    }
    struct ipv4_header* ip = (struct ipv4_header*)frame->network;
    ip->ttl = (__u8)(ip->ttl - 1);
    ip->checksum = checksum_changed(ip->checksum, change_ttl());
}

PACKET_INLINE void copy_mac(__u8* to, const __u8* from) {
    ((struct wire_word*)to)->value = ((const struct wire_word*)from)->value;
    ((struct wire_field*)(to + 4))->value = ((const struct wire_field*)(from + 4))->value;
}

PACKET_INLINE void rewrite_macs(struct frame* frame, const __u8* destination, const __u8* source) {
    struct ether_header* ethernet = (struct ether_header*)frame->ethernet;
    copy_mac(ethernet->destination, destination);
    copy_mac(ethernet->source, source);
}

PACKET_INLINE int rewrite_vlan(const struct cursor* cursor, struct frame* frame, __u16 vlan) {
    struct ether_tag* tag = (struct ether_tag*)cursor_at(cursor, ETHER_HEADER, ETHER_TAG);
    if (frame->tags == 0 || !tag) return 0;
    tag->control = (__be16)((tag->control & WIRE16(~ETHER_VID)) | WIRE16(vlan & ETHER_VID));
    return 1;
}

PACKET_INLINE __u64 rewrite_address_change(const struct frame* frame, const union address* before,
                                           const union address* after) {
    return frame->family == 6 ? change128(before, after) : change32(before->words[3], after->words[3]);
}

PACKET_END

#endif
