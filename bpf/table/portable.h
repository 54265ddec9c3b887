/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What lets one algorithm compile for BPF (C11) and natively (C++23): memory access and atomics under one
 * name.  A slot is read and written as eight 64-bit words: another CPU may be filling it, and only its
 * control word says whether what was read belongs together.  BPF's fetching atomics are fully ordered;
 * natively they are seq_cst.
 */
#ifndef LVX_TABLE_PORTABLE_H
#define LVX_TABLE_PORTABLE_H

#include <linux/types.h>

#include "abi/abi.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the tags are compared four at a time in little-endian order"
#endif

ABI_BEGIN
ABI_END

#ifdef __cplusplus
#define TABLE_BEGIN        \
    namespace lvx::table { \
    using namespace lvx::abi;
#define TABLE_END }
#else
#define TABLE_BEGIN
#define TABLE_END
#endif

/* Loops count in __u64: a 32-bit counter may be spilled beside a map's key, and the verifier forgets what it
 * was. */
#define TABLE_INLINE static inline __attribute__((always_inline, unused))

/* The larger pieces: natively inline like the rest; in BPF global functions, each verified once and on its
 * own.  The header is then included by one .bpf.c only, pointers must be checked for NULL and `t` is NULL. */
#if defined(__bpf__)
#define TABLE_FUNCTION __attribute__((noinline))
/* Without a use of `t` clang would leave its register unset at calls, which the verifier refuses. */
#define TABLE_USES(t) asm volatile("" : : "r"(t))
#else
#define TABLE_FUNCTION static inline __attribute__((unused))
#define TABLE_USES(t) (void)(t)
#endif

typedef __u64 __attribute__((may_alias)) aliased_u64;

/* The compiler must not know what is in the variable, so that what follows is left as it is written. */
#define TABLE_OPAQUE(variable) asm volatile("" : "+r"(variable))

#if defined(__bpf__)
#define load_u64(place) (*(const volatile aliased_u64*)(place))
#define store_u64(place, value) (*(volatile aliased_u64*)(place) = (value))
#define load_u32(place) (*(const volatile __u32*)(place))
#define store_u32(place, value) (*(volatile __u32*)(place) = (value))
#define store_u16(place, value) (*(volatile __u16*)(place) = (value))
#define store_u8(place, value) (*(volatile __u8*)(place) = (value))
#define load_control(slot) load_u64(&(slot)->control)
/* The old value; the swap happened when it is `expected`. */
#define swap_u64(place, expected, desired) __sync_val_compare_and_swap((place), (expected), (desired))
#define add_u32(place, value) __sync_fetch_and_add((place), (__u32)(value))
#define exchange_u32(place, value) __sync_lock_test_and_set((place), (value))
#else
#define load_u64(place) __atomic_load_n((const aliased_u64*)(place), __ATOMIC_ACQUIRE)
#define store_u64(place, value) __atomic_store_n((aliased_u64*)(place), (value), __ATOMIC_RELAXED)
#define load_u32(place) __atomic_load_n((place), __ATOMIC_RELAXED)
#define store_u32(place, value) __atomic_store_n((place), (value), __ATOMIC_RELAXED)
#define store_u16(place, value) __atomic_store_n((place), (value), __ATOMIC_RELAXED)
#define store_u8(place, value) __atomic_store_n((place), (value), __ATOMIC_RELEASE)
#define load_control(slot) __atomic_load_n(&(slot)->control, __ATOMIC_ACQUIRE)
#define swap_u64(place, expected, desired)                                                                   \
    ({                                                                                                       \
        __u64 swap_seen_ = (expected);                                                                       \
        __atomic_compare_exchange_n((place), &swap_seen_, (desired), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        swap_seen_;                                                                                          \
    })
#define add_u32(place, value) __atomic_fetch_add((place), (__u32)(value), __ATOMIC_SEQ_CST)
#define exchange_u32(place, value) __atomic_exchange_n((place), (value), __ATOMIC_SEQ_CST)
#endif

#endif
