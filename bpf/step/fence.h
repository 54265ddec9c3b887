/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is not answered once the daemon has not renewed its lease: another director may own the shared addresses by now
 * (abi/guard.h).  Not on the way of packets while the lease runs: they pay one comparison.
 */
#ifndef LVX_BPF_STEP_FENCE_H
#define LVX_BPF_STEP_FENCE_H

#include "bpf/step/passage.h"
#include "bpf/table/guard.h"

enum {
    ETHER_ARP = 0x0806,
    ARP_BYTES = 28, /* of IPv4 over Ethernet */
    ARP_REQUEST = 1,
    NEIGHBOUR_SOLICITATION = 135, /* RFC 4861, 4.3 */
};

struct arp_packet {
    __be16 hardware, protocol;
    __u8 hardware_bytes, protocol_bytes;
    __be16 operation;
    __u8 sender_mac[6], sender[4], target_mac[6], target[4];
} __attribute__((packed));

STEP int lease_is_over(const struct root* root, __u64 jiffies) { return lease_has_ended(root->lease_end, jiffies); }

STEP int is_guarded(const union address* address) {
    for (__u32 probe = 0; probe < GUARD_PROBES; ++probe) {
        const struct guarded_address* place = guarded_at(guard_place(address, probe));
        if (!place || (place->address.halves[0] | place->address.halves[1]) == 0) return 0;
        if (guard_holds(place, address)) return 1;
    }
    return 0;
}

STEP int asks_for_guarded(const struct passage* passage) {
    const struct frame* frame = &passage->frame;
    const struct arp_packet* arp = (const struct arp_packet*)cursor_at(passage->cursor, frame->l3_offset, ARP_BYTES);
    if (!arp || arp->operation != WIRE16(ARP_REQUEST)) return 0;
    union address target;
    address_set_ipv4(&target, ((const struct wire_word*)arp->target)->value);
    return is_guarded(&target);
}

/* The target of a neighbour solicitation stands behind eight bytes of ICMPv6. */
STEP int solicits_guarded(const struct passage* passage) {
    const struct frame* frame = &passage->frame;
    if (frame->family != 6 || frame->protocol != PROTOCOL_ICMP6) return 0;
    const __u8* message = (const __u8*)cursor_at(passage->cursor, frame->l4_offset, 24);
    if (!message || message[0] != NEIGHBOUR_SOLICITATION) return 0;
    union address target;
    address_set_ipv6(&target, (const struct wire_long*)(message + 8));
    return is_guarded(&target);
}

/* 1: the frame is for a guarded address, whatever station it is addressed to.  Parses for itself. */
STEP int is_for_guarded(struct passage* passage) {
    struct frame* frame = &passage->frame;
    const int result = parse_ethernet(passage->cursor, frame);
    if (result == VERDICT_not_ip) return frame->ether_type == WIRE16(ETHER_ARP) && asks_for_guarded(passage);
    if (result != PACKET_PARSED || parse_network(passage->cursor, frame) != PACKET_PARSED) return 0;
    return is_guarded(&frame->destination) || solicits_guarded(passage);
}

#endif
