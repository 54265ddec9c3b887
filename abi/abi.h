/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the data plane and the daemon agree on.  Everything in abi/ is C11 that is also C++: fixed widths, explicit
 * zeroed padding, sizes asserted, no functions.  The C++ side sees the same structs in namespace lvx::abi.
 */
#ifndef LVX_ABI_ABI_H
#define LVX_ABI_ABI_H

#include <linux/types.h>

#ifdef __cplusplus
#define ABI_BEGIN namespace lvx::abi {
#define ABI_END }
#define ABI_ASSERT_SIZE(type, size) static_assert(sizeof(type) == (size), "layout of " #type " changed")
#else
#define ABI_BEGIN
#define ABI_END
#define ABI_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), "layout of " #type " changed")
#endif

#endif
