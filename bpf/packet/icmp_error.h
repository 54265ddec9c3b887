/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors about connections of ours.  They quote the head of the packet they are about, which the
 * translator made:
 *
 *   | IP: sender of the error -> sender of the quoted packet | ICMP type, code, checksum | quoted IP | quoted
 * ports ... |
 *
 * about a reply (comes from outside):   quoted source = virtual address:port   -> server:port, and goes to
 * the server about a request (comes from inside):  quoted destination = server:port      -> virtual
 * address:port, goes to the client
 *
 * Every checksum stays right: both IP headers, the quoted transport checksum if the quote reaches that far,
 * ICMP.
 */
#ifndef LVX_BPF_PACKET_ICMP_ERROR_H
#define LVX_BPF_PACKET_ICMP_ERROR_H

#include "bpf/packet/checksum.h"
#include "bpf/packet/frame.h"
#include "bpf/packet/rewrite.h"

PACKET_BEGIN

/*
 * Parses the quoted packet of an error (frame_is_icmp_error) into a second frame: l3_offset and so on point
 * into the same bytes, ethernet is null, l3_length and l4_length count what is quoted.  checksum is null
 * where the quote ends before it.  PACKET_PARSED, PACKET_NOT_LINEAR or bad_icmp.
 */
PACKET_INLINE int parse_quoted(const struct cursor* cursor, const struct frame* error, struct frame* quoted);
/* PACKET_PARSED if the ICMP checksum is right or the message is longer than checksum_add() reaches (then its
 * receiver verifies, for an update never makes a wrong checksum right), PACKET_NOT_LINEAR or bad_icmp. */
PACKET_INLINE int verify_icmp(const struct cursor* cursor, const struct frame* error);
/* Towards the server: outer destination and quoted source. One hop less. */
PACKET_INLINE void translate_error_to_server(struct frame* error, struct frame* quoted,
                                             const union address* server, __be16 port);
/* Towards the client: outer source, whoever sent it, as IPVS does (a router behind us may have an address the
 * client cannot reach), and quoted destination. One hop less. */
PACKET_INLINE void translate_error_to_client(struct frame* error, struct frame* quoted,
                                             const union address* virtual_address, __be16 port);

PACKET_INLINE int parse_quoted_network(const struct cursor* cursor, struct frame* quoted) {
    const __u32 size = quoted->family == 6 ? IPV6_HEADER : IPV4_HEADER;
    if (quoted->l3_length < size) return VERDICT_bad_icmp;
    quoted->network = quoted->family == 6 ? cursor_at(cursor, quoted->l3_offset, IPV6_HEADER)
                                          : cursor_at(cursor, quoted->l3_offset, IPV4_HEADER);
    if (!quoted->network) return cursor_lacks(cursor, quoted->l3_offset, size, VERDICT_bad_icmp);
    __u32 end = quoted->l3_offset + quoted->l3_length; /* the header's own length is of a packet not here */
    if (!(quoted->family == 6 ? read_ipv6(quoted) : read_ipv4(quoted)) || quoted->l4_offset > end)
        return VERDICT_bad_icmp;
    quoted->l3_length = end - quoted->l3_offset;
    quoted->l4_length = end - quoted->l4_offset;
    return PACKET_PARSED;
}

/* Ports are in the 8 bytes every quote has (RFC 792); a TCP checksum seldom. */
PACKET_INLINE int parse_quoted_transport(const struct cursor* cursor, struct frame* quoted) {
    if (quoted->fragment == FRAGMENT_LATER || !protocol_has_ports(quoted->protocol)) return PACKET_PARSED;
    if (quoted->l4_length < UDP_HEADER) return VERDICT_bad_icmp;
    quoted->transport = cursor_at(cursor, quoted->l4_offset, UDP_HEADER);
    if (!quoted->transport) return cursor_lacks(cursor, quoted->l4_offset, UDP_HEADER, VERDICT_bad_icmp);

    const struct udp_header* ports = (const struct udp_header*)quoted->transport;
    quoted->source_port = ports->source_port;
    quoted->destination_port = ports->destination_port;
    const __u32 at = quoted->protocol == PROTOCOL_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT;
    const __u32 size = sizeof(struct wire_field);
    if (quoted->l4_length < at + size) return PACKET_PARSED;
    quoted->checksum = cursor_at(cursor, quoted->l4_offset + at, size);
    return quoted->checksum ? (int)PACKET_PARSED
                            : cursor_lacks(cursor, quoted->l4_offset + at, size, VERDICT_bad_icmp);
}

PACKET_INLINE int parse_quoted(const struct cursor* cursor, const struct frame* error, struct frame* quoted) {
    *quoted = *error;
    quoted->ethernet = 0;
    quoted->transport = 0;
    quoted->checksum = 0;
    quoted->l3_offset = error->l4_offset + ICMP_HEADER;
    quoted->l3_length = error->l4_length - ICMP_HEADER;
    int result = parse_quoted_network(cursor, quoted);
    if (result != PACKET_PARSED) return result;
    result = skip_extensions(cursor, quoted);
    if (result == PACKET_NOT_LINEAR) return result;
    if (result != PACKET_PARSED) return VERDICT_bad_icmp;
    return parse_quoted_transport(cursor, quoted);
}

PACKET_INLINE int verify_icmp(const struct cursor* cursor, const struct frame* error) {
    struct checksum_range message = {0, error->l4_offset, error->l4_length};
    if (!checksum_reaches(&message)) return PACKET_PARSED;
    if (error->family == 6) {
        message.sum = checksum_pseudo(&error->source, &error->destination, PROTOCOL_ICMP6, error->l4_length);
    }
    struct cursor here = *cursor;
    if (!checksum_add(&here, &message)) return PACKET_NOT_LINEAR;
    return checksum_fold(message.sum) == 0xffff ? (int)PACKET_PARSED : (int)VERDICT_bad_icmp;
}

/* The IPv4 header's checksum after an address changed; the change of the checksum field. */
PACKET_INLINE __u64 rewrite_ipv4_sum(struct ipv4_header* ip, __u64 address_change) {
    __be16 before = ip->checksum;
    ip->checksum = checksum_changed(before, address_change);
    return change16(before, ip->checksum);
}

PACKET_INLINE __u64 write_address(struct frame* frame, enum rewrite_side side, const union address* to) {
    return frame->family == 6 ? write_ipv6_address((struct ipv6_header*)frame->network, side, to)
                              : write_ipv4_address((struct ipv4_header*)frame->network, side, to);
}

/* The change of all words of the quoted packet together. */
PACKET_INLINE __u64 rewrite_quoted(struct frame* quoted, enum rewrite_side side, const union address* to,
                                   __be16 port) {
    __u64 address_change = write_address(quoted, side, to);
    __u64 change = address_change;
    if (quoted->family == 4) change += rewrite_ipv4_sum((struct ipv4_header*)quoted->network, address_change);
    if (!quoted->transport) return change;

    __u64 port_change = rewrite_port(quoted, side, port);
    change += port_change;
    struct wire_field* field = (struct wire_field*)quoted->checksum;
    if (!field) return change;
    __be16 before = field->value;
    __be16 after = transport_checksum(quoted, before, address_change + port_change);
    field->value = after;
    return change + change16(before, after);
}

/* The quoted side is the opposite of the outer one. ICMPv6 has a pseudo header, ICMPv4 none. */
PACKET_INLINE void translate_error(struct frame* error, struct frame* quoted, enum rewrite_side outer,
                                   const union address* to, __be16 port) {
    const enum rewrite_side side = outer == SIDE_SOURCE ? SIDE_DESTINATION : SIDE_SOURCE;
    __u64 change = rewrite_quoted(quoted, side, to, port);
    __u64 address_change = rewrite_network(error, outer, to, 1);
    if (error->family == 6) change += address_change;
    struct icmp_header* icmp = (struct icmp_header*)error->transport;
    icmp->checksum = checksum_changed(icmp->checksum, change);
}

PACKET_INLINE void translate_error_to_server(struct frame* error, struct frame* quoted,
                                             const union address* server, __be16 port) {
    translate_error(error, quoted, SIDE_DESTINATION, server, port);
}

PACKET_INLINE void translate_error_to_client(struct frame* error, struct frame* quoted,
                                             const union address* virtual_address, __be16 port) {
    translate_error(error, quoted, SIDE_SOURCE, virtual_address, port);
}

PACKET_END

#endif
