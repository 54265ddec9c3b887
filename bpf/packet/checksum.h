/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The Internet checksum (RFC 1071), kept right by what changed (RFC 1624, equation 3).  A change is a running
 * sum of ~old + new over the words that changed, in the order they have in the frame; it is added to a
 * checksum once.
 *
 * A complete checksum is the complement of the sum.  Where the kernel left the rest to the device
 * (CHECKSUM_PARTIAL at tc), the field holds the sum of the pseudo header alone, not complemented: changes of
 * addresses count there, changes of ports do not.  A program cannot see which of both an skb has; at tc leave
 * the field to bpf_l4_csum_replace(), which can, and hand it checksum_wide() of the changes.
 *
 * An IPv4 UDP checksum of 0 means "none" (RFC 768) and stays 0.  Kernel IPVS computes it in full there; at
 * XDP the payload may be 9,000 bytes, the sender decided to do without, and every NAT device keeps 0.
 */
#ifndef LVX_BPF_PACKET_CHECKSUM_H
#define LVX_BPF_PACKET_CHECKSUM_H

#include "bpf/packet/wire.h"

PACKET_BEGIN

/* Sums stay below 2^48: 65,536 words of 32 bits, more than any frame has. */
PACKET_INLINE __u64 change16(__be16 before, __be16 after) { return (__u64)(__u16)~before + after; }
PACKET_INLINE __u64 change32(__be32 before, __be32 after) { return (__u64)(__u32)~before + after; }
PACKET_INLINE __u64 change64(__u64 before, __u64 after) {
    return change32((__u32)before, (__u32)after) + change32((__u32)(before >> 32), (__u32)(after >> 32));
}
PACKET_INLINE __u64 change128(const union address* before, const union address* after) {
    return change64(before->halves[0], after->halves[0]) + change64(before->halves[1], after->halves[1]);
}
/* One hop less: the time to live is the upper half of its word (RFC 1141). */
PACKET_INLINE __u64 change_ttl(void) { return (__u16)~WIRE16(0x0100); }

/* A sum in 32 bits, as bpf_l3_csum_replace() and bpf_l4_csum_replace() take it with size 0. */
PACKET_INLINE __u32 checksum_wide(__u64 sum) {
    sum = (sum >> 32) + (__u32)sum;
    return (__u32)((sum >> 32) + (__u32)sum);
}
PACKET_INLINE __u64 checksum_fold_once(__u64 sum) {
    __u64 carries = sum >> 16;
    PACKET_OPAQUE(carries); /* clang would multiply */
    return (sum & 0xffff) + carries;
}
/* A sum in 16 bits; 0 only if every word was 0. */
PACKET_INLINE __u16 checksum_fold(__u64 sum) {
    sum = checksum_fold_once(sum); /* at most 0x1_0000_fffe */
    sum = checksum_fold_once(sum); /* at most 0x1_fffe */
    return (__u16)((sum >> 16) + sum);
}
/* The new value of a complete checksum. */
PACKET_INLINE __u16 checksum_changed(__u16 checksum, __u64 change) {
    return (__u16)~checksum_fold((__u64)(__u16)~checksum + change);
}
/* The new value of a partial one; only addresses may be in the change. */
PACKET_INLINE __u16 checksum_changed_partial(__u16 checksum, __u64 change) {
    return checksum_fold(checksum + change);
}

enum { CHECKSUM_REACH = 1536, CHECKSUM_STEP = 32 };

/* The loops of checksum_add(), each for what the one before left. */
struct checksum_range {
    __u64 sum;
    __u32 offset;
    __u32 length;
};

PACKET_INLINE int checksum_add_steps(const struct cursor* cursor, struct checksum_range* range) {
    for (int i = 0; i < CHECKSUM_REACH / CHECKSUM_STEP && range->length >= CHECKSUM_STEP; ++i) {
        const struct wire_word* words =
            (const struct wire_word*)cursor_at(cursor, range->offset, CHECKSUM_STEP);
        if (!words) return 0;
        for (int word = 0; word < CHECKSUM_STEP / 4; ++word)
            range->sum += words[word].value;
        range->offset = cursor_forget(range->offset + CHECKSUM_STEP, range->length);
        range->length -= CHECKSUM_STEP;
    }
    return 1;
}

PACKET_INLINE int checksum_add_rest(const struct cursor* cursor, struct checksum_range* range) {
    range->length &= CHECKSUM_STEP - 1;
    for (int i = 0; i < CHECKSUM_STEP / 2 && range->length >= 2; ++i) {
        const struct wire_field* field = (const struct wire_field*)cursor_at(cursor, range->offset, 2);
        if (!field) return 0;
        range->sum += field->value;
        range->offset += 2;
        range->length -= 2;
    }
    if (range->length == 0) return 1;
    const __u8* last = cursor_at(cursor, range->offset, 1);
    if (!last) return 0;
    range->sum += WIRE16((__u32)*last << 8);
    return 1;
}

PACKET_INLINE int checksum_reaches(const struct checksum_range* range) {
    return range->length <= CHECKSUM_REACH && range->offset + CHECKSUM_REACH <= CURSOR_REACH;
}

/* Adds range->length bytes at range->offset to range->sum, an odd last one padded with zero.  0: they are
 * more than it reaches, or not all linear. */
PACKET_OUTLINED int checksum_add(const struct cursor* cursor, struct checksum_range* range) {
    if (!checksum_reaches(range)) return 0;
    range->offset = cursor_forget(range->offset, range->length);
    return checksum_add_steps(cursor, range) && checksum_add_rest(cursor, range);
}

PACKET_INLINE __u64 sum_address(const union address* address) {
    return (__u64)address->words[0] + address->words[1] + address->words[2] + address->words[3];
}

/* Sum of the pseudo header; length of the transport in host order (RFC 9293, 3.1; RFC 8200, 8.1).  One
 * formula serves both families: ::ffff: adds 0xffff, which is zero in this arithmetic. */
PACKET_INLINE __u64 checksum_pseudo(const union address* source, const union address* destination,
                                    __u8 protocol, __u32 length) {
    return sum_address(source) + sum_address(destination) + WIRE32(protocol) + WIRE32(length);
}

PACKET_END

#endif
