/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One address of either family in 16 bytes, network order; IPv4 is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
#ifndef LVX_ABI_ADDRESS_H
#define LVX_ABI_ADDRESS_H

#include "abi/abi.h"

ABI_BEGIN

union address {
    __u8 bytes[16];
    __be32 words[4];
    __u64 halves[2];
};
ABI_ASSERT_SIZE(union address, 16);

ABI_END

#endif
