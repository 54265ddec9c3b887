/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sequence of rr and wrr in run-length form (abi/service.h): which word of the ring a position stands for.  Pure.
 *
 *   segments   { 0, a, 1 } { 4, b, 2 }          positions 0 1 2 3 | 4 5 6 7 ... period - 1
 *   ring words a: [x]  b: [x y]                 servers   x x x x | x y x y ...
 */
#ifndef LVX_BPF_SCHEDULE_SEQUENCE_H
#define LVX_BPF_SCHEDULE_SEQUENCE_H

#include "abi/service.h"

ABI_BEGIN

enum {
    SEGMENT_WORDS = 3,
    SEGMENT_LIMIT = 1024, /* distinct weight levels of one service that are told apart */
    SEGMENT_STEPS = 11,   /* of a binary search over them */
};

struct segment {
    __u32 first;  /* position */
    __u32 offset; /* of its words, from ring_at */
    __u32 words;
};

/* Offset from ring_at of the word for `position`, which is not before the segment. */
static inline __u32 segment_word(const struct segment* segment, __u32 position) {
    return segment->words ? segment->offset + (position - segment->first) % segment->words : segment->offset;
}

ABI_END

#endif
