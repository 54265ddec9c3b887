/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parsers of frame.h; include that. */
#ifndef LVX_BPF_PACKET_FRAME_PARSE_H
#define LVX_BPF_PACKET_FRAME_PARSE_H

#include "bpf/packet/cursor.h"
#include "bpf/packet/frame.h"
#include "bpf/packet/wire.h"

PACKET_BEGIN

PACKET_INLINE int ether_type_is_ip(__be16 type) {
    return type == WIRE16(ETHER_IPV4) || type == WIRE16(ETHER_IPV6);
}

PACKET_INLINE int ether_type_is_tag(__be16 type) {
    return type == WIRE16(ETHER_CUSTOMER_TAG) || type == WIRE16(ETHER_SERVICE_TAG);
}

/* Steps over the tags; a third one is not IP. */
PACKET_INLINE int parse_tags(const struct cursor* cursor, struct frame* frame) {
    for (int i = 0; i < ETHER_TAGS && ether_type_is_tag(frame->ether_type); ++i) {
        const struct ether_tag* tag = (const struct ether_tag*)cursor_at(cursor, frame->l3_offset, ETHER_TAG);
        if (!tag) return cursor_lacks(cursor, frame->l3_offset, ETHER_TAG, VERDICT_bad_ethernet);
        __u16 vlan = (__u16)(WIRE16(tag->control) & ETHER_VID);
        if (i == 0) {
            frame->vlan = vlan;
        } else {
            frame->inner_vlan = vlan;
        }
        frame->tags = (__u8)(i + 1);
        frame->ether_type = tag->type;
        frame->l3_offset += ETHER_TAG;
    }
    return PACKET_PARSED;
}

PACKET_INLINE int parse_ethernet(const struct cursor* cursor, struct frame* frame) {
    frame->vlan = 0;
    frame->inner_vlan = 0;
    frame->tags = 0;
    frame->l3_offset = ETHER_HEADER;
    frame->ethernet = cursor_start(cursor, ETHER_HEADER);
    if (!frame->ethernet) return cursor_lacks(cursor, 0, ETHER_HEADER, VERDICT_bad_ethernet);

    frame->ether_type = ((const struct ether_header*)frame->ethernet)->type;
    if (frame->ether_type == WIRE16(ETHER_IPV4)) return PACKET_PARSED;
    int result = parse_tags(cursor, frame);
    if (result != PACKET_PARSED) return result;
    return ether_type_is_ip(frame->ether_type) ? (int)PACKET_PARSED : (int)VERDICT_not_ip;
}

PACKET_INLINE void address_set_ipv4(union address* address, __be32 value) {
    address->words[0] = 0;
    address->words[1] = 0;
    address->words[2] = WIRE32(0xffff);
    address->words[3] = value;
}

PACKET_INLINE void address_set_ipv6(union address* address, const struct wire_long* halves) {
    address->halves[0] = halves[0].value;
    address->halves[1] = halves[1].value;
}

/* The fragment field: offset, more fragments, don't fragment. */
PACKET_INLINE void set_ipv4_fragment(struct frame* frame, __be16 field) {
    frame->fragment = FRAGMENT_NONE;
    frame->dont_fragment = (field & WIRE16(IPV4_DONT_FRAGMENT)) != 0;
    if ((field & WIRE16(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)) == 0) return;
    frame->fragment = field & WIRE16(IPV4_FRAGMENT_OFFSET) ? FRAGMENT_LATER : FRAGMENT_FIRST;
}

/* Everything but lengths against the frame, which a quoted packet does not keep. Sets l3_length to what the
 * header says and l4_offset; 0 if the header contradicts itself. */
PACKET_INLINE int read_ipv4(struct frame* frame) {
    const struct ipv4_header* ip = (const struct ipv4_header*)frame->network;
    __u32 header_length = (__u32)(ip->version_length & 0xf) << 2;
    if (ip->version_length >> 4 != 4 || header_length < IPV4_HEADER) return 0;

    frame->family = 4;
    frame->protocol = ip->protocol;
    frame->ttl = ip->ttl;
    frame->l3_length = WIRE16(ip->total_length);
    frame->l4_offset = frame->l3_offset + header_length;
    set_ipv4_fragment(frame, ip->fragment);
    address_set_ipv4(&frame->source, ip->source);
    address_set_ipv4(&frame->destination, ip->destination);
    return frame->l3_length >= header_length;
}

/* An address of IPv4 in an IPv6 header would be taken for the IPv4 one; Linux refuses such a source too. */
PACKET_INLINE int address_is_mapped(const union address* address) {
    return address->halves[0] == 0 && address->words[2] == WIRE32(0xffff);
}

PACKET_INLINE int read_ipv6(struct frame* frame) {
    const struct ipv6_header* ip = (const struct ipv6_header*)frame->network;
    if ((ip->version_class_flow & WIRE32(0xf0000000)) != WIRE32(0x60000000)) return 0;

    frame->family = 6;
    frame->protocol = ip->next_header;
    frame->ttl = ip->hop_limit;
    frame->l3_length = IPV6_HEADER + (__u32)WIRE16(ip->payload_length);
    frame->l4_offset = frame->l3_offset + IPV6_HEADER;
    frame->fragment = FRAGMENT_NONE;
    frame->dont_fragment = 1;
    address_set_ipv6(&frame->source, ip->source);
    address_set_ipv6(&frame->destination, ip->destination);
    return !address_is_mapped(&frame->source) && !address_is_mapped(&frame->destination);
}

/* The packet must end within the frame; what is behind it is padding. */
PACKET_INLINE int measure_network(const struct cursor* cursor, struct frame* frame, enum verdict verdict) {
    const __u32 end = frame->l3_offset + frame->l3_length;
    if (end > cursor->length) return verdict;
    frame->l4_length = end - frame->l4_offset;
    return PACKET_PARSED;
}

PACKET_INLINE int parse_ipv4(const struct cursor* cursor, struct frame* frame) {
    frame->network = cursor_at(cursor, frame->l3_offset, IPV4_HEADER);
    if (!frame->network) return cursor_lacks(cursor, frame->l3_offset, IPV4_HEADER, VERDICT_bad_ipv4);
    if (!read_ipv4(frame)) return VERDICT_bad_ipv4;
    return measure_network(cursor, frame, VERDICT_bad_ipv4);
}

PACKET_INLINE int parse_ipv6(const struct cursor* cursor, struct frame* frame) {
    frame->network = cursor_at(cursor, frame->l3_offset, IPV6_HEADER);
    if (!frame->network) return cursor_lacks(cursor, frame->l3_offset, IPV6_HEADER, VERDICT_bad_ipv6);
    if (!read_ipv6(frame)) return VERDICT_bad_ipv6;
    return measure_network(cursor, frame, VERDICT_bad_ipv6);
}

PACKET_INLINE int parse_network(const struct cursor* cursor, struct frame* frame) {
    frame->transport = 0;
    frame->checksum = 0;
    frame->source_port = 0;
    frame->destination_port = 0;
    frame->tcp_flags = 0;
    frame->tcp_header = 0;
    frame->icmp_type = 0;
    frame->icmp_code = 0;
    return frame->ether_type == WIRE16(ETHER_IPV4) ? parse_ipv4(cursor, frame) : parse_ipv6(cursor, frame);
}

/* Where a walk over IPv6 extension headers stands. */
struct extension_walk {
    __u32 offset;
    __u32 limit; /* where the packet ends */
    __u8 protocol;
    __u8 fragment;
    __u16 zero;
};

PACKET_INLINE int protocol_is_extension(__u8 protocol) {
    return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING || protocol == PROTOCOL_FRAGMENT ||
           protocol == PROTOCOL_AUTHENTICATION || protocol == PROTOCOL_DESTINATION;
}

/* RFC 8200, 4.2 to 4.6; RFC 4302, 2.2. */
PACKET_INLINE __u32 extension_size(__u8 protocol, __u8 length) {
    if (protocol == PROTOCOL_FRAGMENT) return IPV6_FRAGMENT_HEADER;
    if (protocol == PROTOCOL_AUTHENTICATION) return ((__u32)length + 2) * 4;
    return ((__u32)length + 1) * 8;
}

/*
 * Stops at what is no extension header, behind the header of a later fragment, and at a routing header that
 * still has segments to visit: that packet is not at its destination yet, and its pseudo header has another
 * address.
 */
PACKET_OUTLINED int walk_extensions(const struct cursor* cursor, struct extension_walk* walk) {
    for (int i = 0; i < IPV6_EXTENSIONS && protocol_is_extension(walk->protocol); ++i) {
        const __u32 size = sizeof(struct ipv6_extension);
        const struct ipv6_extension* header =
            (const struct ipv6_extension*)cursor_at(cursor, walk->offset, size);
        if (!header) return cursor_lacks(cursor, walk->offset, size, VERDICT_bad_ipv6);
        if (walk->protocol == PROTOCOL_ROUTING && header->fragment & WIRE16(0x00ff)) return PACKET_PARSED;
        if (walk->protocol == PROTOCOL_FRAGMENT) {
            if (header->fragment & WIRE16(IPV6_MORE_FRAGMENTS)) walk->fragment = FRAGMENT_FIRST;
            if (header->fragment & WIRE16(IPV6_FRAGMENT_OFFSET)) walk->fragment = FRAGMENT_LATER;
        }
        __u32 next = walk->offset + extension_size(walk->protocol, header->length);
        if (next > walk->limit || next > CURSOR_REACH) return VERDICT_bad_ipv6;
        walk->offset = cursor_forget(next, header->length);
        walk->protocol = header->next_header;
        if (walk->fragment == FRAGMENT_LATER) return PACKET_PARSED;
    }
    return protocol_is_extension(walk->protocol) ? (int)VERDICT_bad_ipv6 : (int)PACKET_PARSED;
}

PACKET_INLINE int skip_extensions(const struct cursor* cursor, struct frame* frame) {
    if (frame->family != 6 || !protocol_is_extension(frame->protocol)) return PACKET_PARSED;

    struct cursor here = *cursor; /* its address is given away, so the caller's own may stay in registers */
    struct extension_walk walk = {frame->l4_offset, frame->l4_offset + frame->l4_length, frame->protocol,
                                  FRAGMENT_NONE, 0};
    int result = walk_extensions(&here, &walk);
    frame->l4_offset = walk.offset;
    frame->l4_length = walk.limit - walk.offset;
    frame->protocol = walk.protocol;
    frame->fragment = walk.fragment;
    return result;
}

PACKET_INLINE int parse_tcp(const struct cursor* cursor, struct frame* frame) {
    if (frame->l4_length < TCP_HEADER) return VERDICT_bad_tcp;
    frame->transport = cursor_at(cursor, frame->l4_offset, TCP_HEADER);
    if (!frame->transport) return cursor_lacks(cursor, frame->l4_offset, TCP_HEADER, VERDICT_bad_tcp);

    const struct tcp_header* tcp = (const struct tcp_header*)frame->transport;
    __u32 header_length = (__u32)(tcp->header_length >> 4) * 4;
    if (header_length < TCP_HEADER || header_length > frame->l4_length) return VERDICT_bad_tcp;
    frame->source_port = tcp->source_port;
    frame->destination_port = tcp->destination_port;
    frame->tcp_flags = tcp->flags;
    frame->tcp_header = (__u8)header_length;
    frame->checksum = frame->transport + TCP_CHECKSUM_AT;
    return PACKET_PARSED;
}

PACKET_INLINE int parse_udp(const struct cursor* cursor, struct frame* frame) {
    if (frame->l4_length < UDP_HEADER) return VERDICT_bad_udp;
    frame->transport = cursor_at(cursor, frame->l4_offset, UDP_HEADER);
    if (!frame->transport) return cursor_lacks(cursor, frame->l4_offset, UDP_HEADER, VERDICT_bad_udp);

    const struct udp_header* udp = (const struct udp_header*)frame->transport;
    __u32 length = WIRE16(udp->length);
    if (length < UDP_HEADER) return VERDICT_bad_udp;
    if (frame->fragment == FRAGMENT_NONE && length > frame->l4_length) return VERDICT_bad_udp;
    frame->source_port = udp->source_port;
    frame->destination_port = udp->destination_port;
    frame->checksum = frame->transport + UDP_CHECKSUM_AT;
    return PACKET_PARSED;
}

PACKET_INLINE int parse_icmp(const struct cursor* cursor, struct frame* frame) {
    if (frame->l4_length < ICMP_HEADER) return VERDICT_bad_icmp;
    frame->transport = cursor_at(cursor, frame->l4_offset, ICMP_HEADER);
    if (!frame->transport) return cursor_lacks(cursor, frame->l4_offset, ICMP_HEADER, VERDICT_bad_icmp);

    const struct icmp_header* icmp = (const struct icmp_header*)frame->transport;
    frame->icmp_type = icmp->type;
    frame->icmp_code = icmp->code;
    if (frame->family == 6) frame->checksum = frame->transport + ICMP_CHECKSUM_AT;
    return PACKET_PARSED;
}

PACKET_INLINE __u8 icmp_of(__u8 family) { return family == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6; }

PACKET_INLINE int parse_transport(const struct cursor* cursor, struct frame* frame) {
    int result = skip_extensions(cursor, frame);
    if (result != PACKET_PARSED) return result;
    if (frame->fragment == FRAGMENT_LATER) return PACKET_PARSED;
    if (frame->protocol == PROTOCOL_TCP) return parse_tcp(cursor, frame);
    if (frame->protocol == PROTOCOL_UDP) return parse_udp(cursor, frame);
    if (frame->protocol == icmp_of(frame->family)) return parse_icmp(cursor, frame);
    return PACKET_PARSED;
}

PACKET_INLINE int parse_frame(const struct cursor* cursor, struct frame* frame) {
    int result = parse_ethernet(cursor, frame);
    if (result != PACKET_PARSED) return result;
    result = parse_network(cursor, frame);
    if (result != PACKET_PARSED) return result;
    return parse_transport(cursor, frame);
}

PACKET_INLINE __u8* locate_checksum(const struct cursor* cursor, const struct frame* frame) {
    __u32 at = ICMP_CHECKSUM_AT;
    if (frame->protocol == PROTOCOL_TCP) at = TCP_CHECKSUM_AT;
    if (frame->protocol == PROTOCOL_UDP) at = UDP_CHECKSUM_AT;
    return cursor_at(cursor, frame->l4_offset + at, sizeof(struct wire_field));
}

PACKET_INLINE int frame_locate(const struct cursor* cursor, struct frame* frame) {
    int had_transport = frame->transport != 0;
    int had_checksum = frame->checksum != 0;
    frame->transport = 0;
    frame->checksum = 0;
    frame->ethernet = cursor_at(cursor, 0, ETHER_HEADER);
    frame->network = frame->family == 4 ? cursor_at(cursor, frame->l3_offset, IPV4_HEADER)
                                        : cursor_at(cursor, frame->l3_offset, IPV6_HEADER);
    if (had_transport) frame->transport = cursor_at(cursor, frame->l4_offset, ICMP_HEADER);
    if (had_checksum) frame->checksum = locate_checksum(cursor, frame);
    return frame->ethernet && frame->network && (frame->transport || !had_transport) &&
           (frame->checksum || !had_checksum);
}

PACKET_INLINE int frame_is_icmp_error(const struct frame* frame) {
    if (!frame->transport || frame->protocol != icmp_of(frame->family)) return 0;
    if (frame->family == 6)
        return frame->icmp_type >= ICMPV6_UNREACHABLE && frame->icmp_type <= ICMPV6_PARAMETER_PROBLEM;
    return frame->icmp_type == ICMPV4_UNREACHABLE || frame->icmp_type == ICMPV4_TIME_EXCEEDED ||
           frame->icmp_type == ICMPV4_PARAMETER_PROBLEM;
}

PACKET_END

#endif
