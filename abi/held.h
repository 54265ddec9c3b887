/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An answer to a handshake that waits: a SYN-ACK that leaves only when a standby knows its connection.  While
 * root.hold_answers says so, the data plane writes the rewritten frame into the ring buffer held_answers instead of
 * sending it; the daemon's synchronisation thread sends it, or drops it, in time.
 */
#ifndef LVX_ABI_HELD_H
#define LVX_ABI_HELD_H

#include "abi/abi.h"

/* No header chain of a SYN-ACK comes near it; one with more data is dropped and said again without. */
#define HELD_FRAME_BYTES 480
#define HELD_QUEUE_BYTES (1 << 20) /* of the ring buffer: about 2,000 answers, taken every half millisecond */

/* root.hold_answers: a tick until which answers are held, or one of these. */
#define HOLD_NOTHING 0u
#define HOLD_ALWAYS 0xffffffffu

ABI_BEGIN

struct held_answer {
    __u64 control;   /* of its connection, when it was held */
    __u32 slot;
    __u32 ifindex;   /* it leaves by */
    __u16 length;
    __u16 vlan;      /* to be put into the frame; 0: none */
    __u16 l3_offset;
    __u16 l4_offset;
    __u8 family;
    __u8 partial;    /* its transport checksum may be left to the device: the sum over the pseudo header alone */
    __u8 zero[6];
    __u8 frame[HELD_FRAME_BYTES];
};
ABI_ASSERT_SIZE(struct held_answer, 512);

ABI_END

#endif
