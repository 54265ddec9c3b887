/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cursor: the only place that compares with the end of the frame.
 *
 *   data                         end                    data + length
 *    | bytes that may be touched  | not linear (tc only)  |
 *
 * Everything in bpf/packet is C11 for BPF and, from the same source, C and C++23 natively; it knows bytes
 * only, no maps and no helpers.  cursor_at() has a body of its own for BPF, because the verifier understands
 * "pointer + size > end" and nothing else; natively a pointer past its block is undefined, so there lengths
 * are compared.
 */
#ifndef LVX_BPF_PACKET_CURSOR_H
#define LVX_BPF_PACKET_CURSOR_H

#include "abi/address.h"
#include "abi/verdict.h"

#ifdef __cplusplus
#define PACKET_BEGIN        \
    namespace lvx::packet { \
    using namespace lvx::abi;
#define PACKET_END }
#else
#define PACKET_BEGIN
#define PACKET_END
#endif

#define PACKET_INLINE static inline __attribute__((always_inline))
/* A function of its own in the BPF object, verified at each call; it may take pointers to its caller's stack.
 */
#define PACKET_OUTLINED static __attribute__((noinline, unused))

/* Makes a value opaque to the compiler, so that the register it checked is the register it uses. */
#ifdef __bpf__
#define PACKET_OPAQUE(value) __asm__ volatile("" : "+r"(value))
#else
#define PACKET_OPAQUE(value) ((void)0)
#endif

/* Structs laid over bytes.  BPF may load words anywhere, but clang would load bytes one by one if it knew. */
#ifdef __bpf__
#define PACKET_WIRE __attribute__((may_alias))
#else
#define PACKET_WIRE __attribute__((may_alias, packed))
#endif

PACKET_BEGIN

/* What a parser returns: an enum verdict of abi/verdict.h, or one of these. */
enum packet_result {
    PACKET_PARSED = -1,
    PACKET_NOT_LINEAR = -2, /* the frame is long enough, data..end is not: pull and parse again (tc only) */
};

enum { CURSOR_REACH = 0x3fff }; /* largest offset looked at; six IPv6 extension headers of 2 KiB fit */

struct cursor {
    __u8* data;
    __u8* end;
    __u32 length; /* bytes of the whole frame, linear or not */
    __u32 zero;
};

/* The bytes offset .. offset + size - 1 of the frame, or null.  size is a constant. */
PACKET_INLINE __u8* cursor_at(const struct cursor* cursor, __u32 offset, __u32 size) {
#ifdef __bpf__
    __u64 distance = offset;
    PACKET_OPAQUE(distance);
    if (distance > CURSOR_REACH) return 0;
    __u8* at = cursor->data + distance;
    PACKET_OPAQUE(at);
    __builtin_assume(at != 0); /* the caller's test for null is then the test just made */
    if (at + size > cursor->end) return 0;
    return at;
#else
    __u64 linear = (__u64)(cursor->end - cursor->data);
    if (offset > CURSOR_REACH || linear < (__u64)offset + size) return 0;
    return cursor->data + offset;
#endif
}

/* The first size bytes, or null; both of them are constants, which saves BPF half of cursor_at(). */
PACKET_INLINE __u8* cursor_start(const struct cursor* cursor, __u32 size) {
#ifdef __bpf__
    __u8* at = cursor->data;
    __builtin_assume(at != 0);
    if (at + size > cursor->end) return 0;
    return at;
#else
    return cursor_at(cursor, 0, size);
#endif
}

/*
 * The same offset, at most CURSOR_REACH before and after, of which the verifier knows nothing more than that:
 * paths that differ in it become one path, which keeps loops cheap to verify.  unknown is any value it cannot
 * know.
 */
PACKET_INLINE __u32 cursor_forget(__u32 offset, __u32 unknown) {
#ifdef __bpf__
    __u32 nothing = unknown;
    PACKET_OPAQUE(nothing);
    nothing -= unknown;
    PACKET_OPAQUE(nothing);
    return (offset + nothing) & CURSOR_REACH;
#else
    (void)unknown;
    return offset;
#endif
}

/* What to return where cursor_at() gave null: the frame is too short, or only its linear part is. */
PACKET_INLINE int cursor_lacks(const struct cursor* cursor, __u32 offset, __u32 size, enum verdict verdict) {
    return offset <= CURSOR_REACH && offset + size <= cursor->length ? (int)PACKET_NOT_LINEAR : (int)verdict;
}

PACKET_END

#endif
