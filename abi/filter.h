/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The address filter: FILTER_LINES x FILTER_LINE_BYTES bytes, one byte for a hash of an address.  A packet whose
 * destination lacks VIRTUAL and whose source lacks SERVER is not ours, known after two byte loads, before any lookup.
 * Bits of both configuration sets stand side by side; a set bit may be wrong (hash), a clear one never is.
 */
#ifndef LVX_ABI_FILTER_H
#define LVX_ABI_FILTER_H

#include "abi/address.h"
#include "abi/limits.h"

ABI_BEGIN

enum filter_bit {
    FILTER_VIRTUAL = 1 << 0, /* << 2 * set */
    FILTER_SERVER = 1 << 1,
};

struct filter_line {
    __u8 bytes[FILTER_LINE_BYTES];
};
ABI_ASSERT_SIZE(struct filter_line, 64);

ABI_END

#endif
