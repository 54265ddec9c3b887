/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The connection table.  One 64-byte slot, one cache line, serves both directions and both families.
 *
 *   bucket b:  tags[b] = 8 x 16-bit tag (0 = never looked at)      slots[8 b + 0 .. 8 b + 7]
 *
 * A connection is found by hash(client address, client port, protocol) alone: a request carries them as source, a
 * reply as destination.  Which of two connections of one client port is meant is decided by what else must match:
 * the virtual service for a request, the real server for a reply.
 *
 * control, the only word that is ever written while others look:
 *
 *   63      48 47    40 39    36 35    32 31                0
 *  | generation |  0   | status | state  | expires (ticks)   |
 *
 * A slot's owner changes by compare-and-swap of this word only: free -> claimed -> live -> free; the generation is
 * incremented at each claim, so a stale reader's swap fails.  The other fields are written between claimed and live,
 * but for the way back to the client, which is a cache (see there).
 */
#ifndef LVX_ABI_CONNECTION_H
#define LVX_ABI_CONNECTION_H

#include "abi/address.h"
#include "abi/limits.h"
#include "abi/state.h"

ABI_BEGIN

/*
 * A template (persistence): the server a client, or a network of clients, keeps at a service.  A slot like any other,
 * in STATE_template, with the client's address masked and the service's own port (0: any) as the virtual one.  No packet
 * matches it: the flag is among what is compared.  It has no client port; so that the templates of one client at many
 * services do not share two buckets, the field holds the low bits of the service's id, which is told to nobody.
 */
enum connection_flag { CONNECTION_TEMPLATE = 1 << 0 };

enum slot_status { SLOT_free, SLOT_claimed, SLOT_live };

enum {
    CONTROL_STATE_SHIFT = 32,
    CONTROL_STATUS_SHIFT = 36,
    CONTROL_GENERATION_SHIFT = 48,
};

struct connection {
    __u64 control;
    union address client;
    __be16 client_port;  /* a template: the low bits of its service's id, see below */
    __be16 virtual_port; /* of the packet: a service of port 0 takes any */
    __be16 server_port;
    __u8 protocol;
    __u8 flags; /* enum connection_flag */
    __u32 service;
    __u32 server;
    /* The way back to the client: filled from the first request's source, replaced by a routing lookup whenever
     * return_generation differs from root.client_generation (0: learnt, never looked up).  A template has no way; its
     * return_generation is not 0 once it is assured, IPVS's word: a connection of it was established, of UDP answered. */
    __u32 return_ifindex;
    __u32 return_generation;
    __u8 return_mac[6];
    __u16 return_vlan; /* 802.1Q TCI's VID, host order, 0 = untagged */
    /* The slot it was opened in and that slot's generation then: the same in both copies of one that is just moving. */
    __u32 birth_slot;
    __u16 birth_generation;
    /* Of the client, for the kernel's sync protocol, which tells a connection again by their number (IPVS's
     * sync_threshold).  Counted only while root.told_packets is not 0: its upper half is the period, modulo which is counted
     * (0: up to the greatest number), its lower half the count at which the slot is marked.  Plain stores: of two packets
     * on two CPUs at the same moment one may be missed. */
    __u16 packets;
};
ABI_ASSERT_SIZE(struct connection, 64);

struct tag_line {
    __u16 tags[SLOTS_PER_BUCKET];
};
ABI_ASSERT_SIZE(struct tag_line, 16);

/*
 * The change feed: one byte per slot that is set when the slot's connection began, changed its state or ended, and one
 * byte per line of those ("this line has marks"), so that whoever listens scans 1/4096 of the table's slots.  Plain
 * stores, no lock and no atomics: the listener clears a byte before it reads the slot, so a change is seen at least
 * once.  Written only while root.change_feed is not 0.
 */
enum mark { MARK_none, MARK_changed, MARK_counted }; /* MARK_counted: by the number of its packets; perhaps changed, too */
struct mark_line {
    __u8 marks[MARKS_PER_LINE];
};
ABI_ASSERT_SIZE(struct mark_line, 64);

ABI_END

#endif
