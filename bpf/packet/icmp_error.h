/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors about connections of ours.  They quote the head of the packet they are about, which the translator made:
 *
 *   | IP: sender of the error -> sender of the quoted packet | ICMP type, code, checksum | quoted IP | quoted ports ... |
 *
 * about a reply (comes from outside):   quoted source = virtual address:port   -> server:port, and goes to the server
 * about a request (comes from inside):  quoted destination = server:port      -> virtual address:port, goes to the client
 *
 * Every checksum stays right: both IP headers, the quoted transport checksum if the quote reaches that far, ICMP.
 */
#ifndef LVX_BPF_PACKET_ICMP_ERROR_H
#define LVX_BPF_PACKET_ICMP_ERROR_H

#include "bpf/packet/checksum.h"
#include "bpf/packet/frame.h"
#include "bpf/packet/rewrite.h"

PACKET_BEGIN

/*
 * Parses the quoted packet of an error (frame_is_icmp_error) into a second frame: l3_offset and so on point into the
 * same bytes, ethernet is null, l3_length and l4_length count what is quoted.  checksum is null where the quote ends
 * before it.  PACKET_PARSED, PACKET_NOT_LINEAR or bad_icmp.
 */
PACKET_INLINE int parse_quoted(const struct cursor* cursor, const struct frame* error, struct frame* quoted);
/* PACKET_PARSED if the ICMP checksum is right or the message is longer than CHECKSUM_REACH (then its receiver verifies,
 * for an update never makes a wrong checksum right), PACKET_NOT_LINEAR or bad_icmp. */
PACKET_INLINE int verify_icmp(const struct cursor* cursor, const struct frame* error);
/* Towards the server: outer destination and quoted source. One hop less. */
PACKET_INLINE void translate_error_to_server(struct frame* error, struct frame* quoted, const union address* server,
                                             __be16 port);
/* Towards the client: outer source, whoever sent it, as IPVS does (a router behind us may have an address the client cannot
 * reach), and quoted destination. One hop less. */
PACKET_INLINE void translate_error_to_client(struct frame* error, struct frame* quoted,
                                             const union address* virtual_address, __be16 port);

PACKET_END

#endif
