/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a packet does to its connection: next state, new expiry.  Within one tick and state nothing is
 * written, so an established connection's line stays shared between CPUs.
 */
#ifndef LVX_TABLE_TOUCH_H
#define LVX_TABLE_TOUCH_H

#include "bpf/table/control.h"
#include "bpf/table/find.h"
#include "bpf/table/gauge.h"
#include "bpf/table/lookup.h"
#include "bpf/table/mark.h"
#include "bpf/table/remove.h"
#include "bpf/table/storage.h"
#include "bpf/table/tcp_state.h"

TABLE_BEGIN

TABLE_INLINE __u64 control_after(const struct service* service, __u64 control, __u32 direction, __u32 event,
                                 __u32 now) {
    __u32 state = flow_next(direction, event, control_state(control)) % STATE_LIMIT;

    return control_with(control, state, now + service->timeout_ticks[state]);
}

/* One try to replace `control` by `next`; the gauge moves with the swap (order: table.h). */
TABLE_INLINE int swap_state(const struct table* t, struct connection* slot, __u64 control, __u64 next) {
    __u32 was = state_active(control_state(control)), is = state_active(control_state(next));
    __u32 server = slot_server(slot);

    if (is > was) gauge_active(t, server, 1);
    if (swap_u64(&slot->control, control, next) == control) {
        if (was > is) gauge_active(t, server, -1);
        return 1;
    }
    if (is > was) gauge_active(t, server, -1);
    return 0;
}

/* The slow half of touch.  flow: direction << 8 | event */
TABLE_FUNCTION int table_advance(const struct table* t, struct lookup* lookup, __u32 index, __u32 flow) {
    struct connection* slot = table_slot(t, index);

    TABLE_USES(t);
    for (__u64 tried = 0; lookup && slot && tried < SWAP_TRIES; tried++) {
        const struct service* service = table_service(t, lookup->set, slot_service(slot));
        __u64 control = load_control(slot), next;

        if (!service || !control_same(control, lookup->control) || control_expired(control, lookup->now))
            return 0;
        next = control_after(service, control, flow >> 8 & 3, flow & 7, lookup->now);
        if (next == control || swap_state(t, slot, control, next)) {
            if (control_state(next) != control_state(control)) table_mark(t, index);
            lookup->control = next;
            return 1;
        }
    }
    return slot != 0;
}

/* `service` is the found slot's.  1: done, or others changed the connection at the same moment more often
 * than we try, which refreshed it as well; 0: the slot is no longer this connection. */
TABLE_INLINE int table_touch(const struct table* t, struct lookup* lookup, __u32 index,
                             const struct service* service, __u32 direction, __u32 event) {
    if (control_after(service, lookup->control, direction, event, lookup->now) == lookup->control) return 1;
    return table_advance(t, lookup, index, direction << 8 | event);
}

TABLE_END

#endif
