/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A server's gauges (abi/server.h).  IPVS's overload rule: the connection that makes `total` the upper
 * threshold sets the flag, the one whose end makes it less than the lower threshold (three quarters of the
 * upper when 0) clears it.  Templates count apart from connections and against no threshold.
 */
#ifndef LVX_TABLE_GAUGE_H
#define LVX_TABLE_GAUGE_H

#include "abi/server.h"
#include "bpf/table/portable.h"
#include "bpf/table/storage.h"
#include "bpf/table/tcp_state.h"

TABLE_BEGIN

TABLE_INLINE __u32 lower_threshold(const struct server* server) {
    __u32 upper = server->upper_threshold;

    return server->lower_threshold ? server->lower_threshold : upper - (upper >> 2);
}

/* Looks again after its own store: two CPUs crossing both thresholds at once may store in the wrong order. */
TABLE_INLINE void overload_update(const struct server* server, struct server_load* load, __u32 total) {
    __u32 upper = server->upper_threshold;

    for (int again = 0; upper && again < 2; again++) {
        if (total >= upper)
            exchange_u32(&load->overloaded, 1);
        else if (total < lower_threshold(server))
            exchange_u32(&load->overloaded, 0);
        total = load_u32(&load->total);
    }
}

TABLE_INLINE void gauge_bind(const struct table* t, __u32 set, __u32 id, __u32 state) {
    const struct server* server = table_server(t, set, id);
    struct server_load* load = table_load(t, id);

    if (!server || !load) return;
    if (state == STATE_template) {
        add_u32(&load->persistent, 1);
        return;
    }
    overload_update(server, load, add_u32(&load->total, 1) + 1);
    if (state_active(state)) add_u32(&load->active, 1);
}

TABLE_INLINE void gauge_unbind(const struct table* t, __u32 set, __u32 id, __u32 state) {
    const struct server* server = table_server(t, set, id);
    struct server_load* load = table_load(t, id);

    if (!server || !load) return;
    if (state == STATE_template) {
        add_u32(&load->persistent, -1);
        return;
    }
    if (state_active(state)) add_u32(&load->active, -1);
    overload_update(server, load, add_u32(&load->total, -1) - 1);
}

/* change: 1 or -1 */
TABLE_INLINE void gauge_active(const struct table* t, __u32 id, __s32 change) {
    struct server_load* load = table_load(t, id);

    if (load) add_u32(&load->active, change);
}

TABLE_END

#endif
