/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hash functions of the schedulers sh and mh, bit for bit those of IPVS, so that a mixed pair of directors sends
 * a client to the same server.  Pure; the data plane hashes clients with them, the daemon builds mh's ring.
 *
 *   sh   (x * 0x61c88647 mod 2^32) >> 24 of x = folded address + port: one of 256 buckets
 *   mh   low 32 bits of SipHash-1-3 (Aumasson, Bernstein 2012) of the 4 bytes offset + port + folded address
 */
#ifndef LVX_BPF_SCHEDULE_HASH_H
#define LVX_BPF_SCHEDULE_HASH_H

#include "abi/address.h"

ABI_BEGIN

enum { SH_BUCKETS = 256 };

/* Both halves of mh's fixed keys; the first finds slots and offsets, the second skips. */
#define MH_KEY_SLOT 0x9e3779b1ull
#define MH_KEY_SKIP 0x9e37a52cull

static inline __u32 address_word(const union address* address, __u32 index) {
    const __u8* byte = address->bytes + 4 * index;
    return (__u32)byte[0] << 24 | (__u32)byte[1] << 16 | (__u32)byte[2] << 8 | byte[3];
}

/* IPv4: the address; IPv6: its four words XORed.  Host order. */
static inline __u32 address_fold(const union address* address, __u8 family) {
    if (family == 4) return address_word(address, 3);
    return address_word(address, 0) ^ address_word(address, 1) ^ address_word(address, 2) ^ address_word(address, 3);
}

/* `port` in host order, 0 unless the service hashes ports (sh-port). */
static inline __u32 sh_bucket(__u32 fold, __u16 port) {
    return ((fold + port) * 0x61c88647u) >> 24;
}

/* sh-fallback's attempt number `attempt` (0..255) after the first bucket's server was not usable. */
static inline __u32 sh_fallback_bucket(__u32 first, __u32 attempt) {
    return (2 * first + attempt) % SH_BUCKETS;
}

struct siphash_state {
    __u64 a, b, c, d;
};

static inline __u64 rotate_left(__u64 value, int bits) {
    return value << bits | value >> (64 - bits);
}

static inline void siphash_round(struct siphash_state* state) {
    state->a += state->b;
    state->b = rotate_left(state->b, 13) ^ state->a;
    state->a = rotate_left(state->a, 32);
    state->c += state->d;
    state->d = rotate_left(state->d, 16) ^ state->c;
    state->a += state->d;
    state->d = rotate_left(state->d, 21) ^ state->a;
    state->c += state->b;
    state->b = rotate_left(state->b, 17) ^ state->c;
    state->c = rotate_left(state->c, 32);
}

/* SipHash-1-3 of four bytes, truncated; IPVS uses the same number for both halves of a key. */
static inline __u32 siphash13_word(__u32 word, __u64 key) {
    struct siphash_state state = {
        0x736f6d6570736575ull ^ key, 0x646f72616e646f6dull ^ key,
        0x6c7967656e657261ull ^ key, 0x7465646279746573ull ^ key,
    };
    const __u64 block = (__u64)4 << 56 | word;
    state.d ^= block;
    siphash_round(&state);
    state.a ^= block;
    state.c ^= 0xff;
    siphash_round(&state);
    siphash_round(&state);
    siphash_round(&state);
    return (__u32)(state.a ^ state.b ^ state.c ^ state.d);
}

/* `port` in host order; for a client 0 unless the service hashes ports (mh-port), for a server its own. */
static inline __u32 mh_hash(__u32 fold, __u16 port, __u32 offset, __u64 key) {
    return siphash13_word(offset + port + fold, key);
}

static inline __u32 mh_slot(__u32 fold, __u16 port, __u32 size) {
    return mh_hash(fold, port, 0, MH_KEY_SLOT) % size;
}

/* mh-fallback's attempt number `attempt` (0 .. size - 1): a hash anew, not the next place. */
static inline __u32 mh_fallback_slot(__u32 fold, __u16 port, __u32 first, __u32 attempt, __u32 size) {
    return mh_hash(fold, port, (first + attempt) % size, MH_KEY_SLOT) % size;
}

ABI_END

#endif
