/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The headers of Ethernet (IEEE 802.3, 802.1Q, 802.1ad), IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), UDP
 * (RFC 768), ICMP (RFC 792) and ICMPv6 (RFC 4443) as they lie in a frame, and every number of theirs used
 * here.
 */
#ifndef LVX_BPF_PACKET_WIRE_H
#define LVX_BPF_PACKET_WIRE_H

#include "bpf/packet/cursor.h"

/* Host order <-> network order, constant where the argument is. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WIRE16(value) ((__u16)__builtin_bswap16((__u16)(value)))
#define WIRE32(value) ((__u32)__builtin_bswap32((__u32)(value)))
#else
#define WIRE16(value) ((__u16)(value))
#define WIRE32(value) ((__u32)(value))
#endif

PACKET_BEGIN

/* A field anywhere in a frame. */
struct wire_field {
    __be16 value;
} PACKET_WIRE;

struct wire_word {
    __be32 value;
} PACKET_WIRE;

struct wire_long {
    __u64 value;
} PACKET_WIRE;

enum {
    ETHER_HEADER = 14,
    ETHER_TAG = 4,
    ETHER_TAGS = 2, /* an 802.1ad service tag and an 802.1Q customer tag */
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_CUSTOMER_TAG = 0x8100,
    ETHER_SERVICE_TAG = 0x88a8,
    ETHER_VID = 0x0fff,
};

struct ether_header {
    __u8 destination[6];
    __u8 source[6];
    __be16 type;
} PACKET_WIRE;

struct ether_tag { /* what follows the type that announces it */
    __be16 control;
    __be16 type;
} PACKET_WIRE;

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_ICMP6 = 58,
    PROTOCOL_NONE = 59,
    PROTOCOL_DESTINATION = 60,
};

enum {
    IPV4_HEADER = 20,
    IPV4_DONT_FRAGMENT = 0x4000,
    IPV4_MORE_FRAGMENTS = 0x2000,
    IPV4_FRAGMENT_OFFSET = 0x1fff,
    IPV4_ERROR_LIMIT = 576, /* largest ICMP error, IP header included (RFC 1812, 4.3.2.3) */
    IPV6_HEADER = 40,
    IPV6_FRAGMENT_HEADER = 8,
    IPV6_FRAGMENT_OFFSET = 0xfff8,
    IPV6_MORE_FRAGMENTS = 0x0001,
    IPV6_EXTENSIONS =
        6, /* hop-by-hop, destination, routing, fragment, authentication, destination: RFC 8200, 4.1 */
    IPV6_ERROR_LIMIT = 1280, /* largest ICMPv6 error, IP header included (RFC 4443, 2.4 c) */
};

struct ipv4_header {
    __u8 version_length;
    __u8 service;
    __be16 total_length;
    __be16 identification;
    __be16 fragment;
    __u8 ttl;
    __u8 protocol;
    __be16 checksum;
    __be32 source;
    __be32 destination;
} PACKET_WIRE;

struct ipv6_header {
    __be32 version_class_flow;
    __be16 payload_length;
    __u8 next_header;
    __u8 hop_limit;
    struct wire_long source[2];
    struct wire_long destination[2];
} PACKET_WIRE;

struct ipv6_extension { /* the first 8 bytes of hop-by-hop, destination, routing, fragment and authentication
                           headers */
    __u8 next_header;
    __u8 length; /* units of 8 bytes beyond the first 8; authentication: of 4; fragment: reserved */
    __be16 fragment;
    __be32 rest;
} PACKET_WIRE;

enum {
    TCP_HEADER = 20,
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_ACK = 0x10,
    TCP_CHECKSUM_AT = 16,
    UDP_HEADER = 8,
    UDP_CHECKSUM_AT = 6,
};

struct tcp_header {
    __be16 source_port;
    __be16 destination_port;
    __be32 sequence;
    __be32 acknowledgement;
    __u8 header_length; /* upper four bits, units of 4 bytes */
    __u8 flags;
    __be16 window;
    __be16 checksum;
    __be16 urgent;
} PACKET_WIRE;

struct udp_header {
    __be16 source_port;
    __be16 destination_port;
    __be16 length;
    __be16 checksum;
} PACKET_WIRE;

enum {
    ICMP_HEADER = 8,
    ICMP_CHECKSUM_AT = 2,
    ICMPV4_UNREACHABLE = 3,
    ICMPV4_PORT_UNREACHABLE = 3,
    ICMPV4_FRAGMENTATION_NEEDED = 4,
    ICMPV4_SOURCE_QUENCH = 4,
    ICMPV4_REDIRECT = 5,
    ICMPV4_TIME_EXCEEDED = 11,
    ICMPV4_PARAMETER_PROBLEM = 12,
    ICMPV6_UNREACHABLE = 1,
    ICMPV6_PORT_UNREACHABLE = 4,
    ICMPV6_PACKET_TOO_BIG = 2,
    ICMPV6_TIME_EXCEEDED = 3,
    ICMPV6_PARAMETER_PROBLEM = 4,
    ICMPV6_INFORMATIONAL = 128, /* types below are errors */
    ICMPV6_REDIRECT = 137,
};

struct icmp_header {
    __u8 type;
    __u8 code;
    __be16 checksum;
    __be32 rest; /* the next hop's MTU: lower half in 3/4 (RFC 1191), all of it in ICMPv6 type 2 */
} PACKET_WIRE;

PACKET_END

#endif
