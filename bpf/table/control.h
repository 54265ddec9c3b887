/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The control word of a slot (drawing in abi/connection.h): taken apart, put together, compared. */
#ifndef LVX_TABLE_CONTROL_H
#define LVX_TABLE_CONTROL_H

#include "abi/connection.h"
#include "bpf/table/portable.h"

TABLE_BEGIN

/* State and expiry: all a packet of an existing connection ever changes. */
#define CONTROL_VARIABLE_MASK 0x0000000fffffffffull

TABLE_INLINE __u32 control_expires(__u64 control) { return (__u32)control; }
TABLE_INLINE __u32 control_state(__u64 control) { return (__u32)(control >> CONTROL_STATE_SHIFT) & 0xf; }
TABLE_INLINE __u32 control_status(__u64 control) { return (__u32)(control >> CONTROL_STATUS_SHIFT) & 0xf; }
TABLE_INLINE __u32 control_generation(__u64 control) { return (__u32)(control >> CONTROL_GENERATION_SHIFT); }

TABLE_INLINE __u64 control_make(__u32 generation, __u32 status, __u32 state, __u32 expires) {
    return (__u64)(generation & 0xffff) << CONTROL_GENERATION_SHIFT | (__u64)status << CONTROL_STATUS_SHIFT |
           (__u64)state << CONTROL_STATE_SHIFT | expires;
}

/* A connection lives through the tick it expires in, so that no timeout is shorter than configured.  Ticks
 * wrap after 139 years of 1.02 s; the signed difference is right for any timeout below half of that. */
TABLE_INLINE int control_expired(__u64 control, __u32 now) {
    return (__s32)(now - control_expires(control)) > 0;
}

TABLE_INLINE int control_live(__u64 control, __u32 now) {
    return control_status(control) == SLOT_live && !control_expired(control, now);
}

/* Both words belong to the same live connection. */
TABLE_INLINE int control_same(__u64 one, __u64 other) { return (one ^ other) >> CONTROL_STATUS_SHIFT == 0; }

/* The same connection in another state with another expiry. */
TABLE_INLINE __u64 control_with(__u64 control, __u32 state, __u32 expires) {
    return (control & ~CONTROL_VARIABLE_MASK) | (__u64)state << CONTROL_STATE_SHIFT | expires;
}

/* The next owner's claim, with the tick it was made in, which tells it from others where the generation wraps. */
TABLE_INLINE __u64 control_claim(__u64 control, __u32 now) {
    return control_make(control_generation(control) + 1, SLOT_claimed, 0, now);
}

/* A claim ends in a microsecond, but who made it may be kept from running for long and then write on, so no age
 * makes it anybody else's.  Claims of the dead: sweep.h, claim_abandoned. */
TABLE_INLINE int control_claimable(__u64 control, __u32 now) {
    const __u32 status = control_status(control);

    return status == SLOT_free || (status == SLOT_live && control_expired(control, now));
}

TABLE_END

#endif
