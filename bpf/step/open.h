/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The first packet of a connection: which service, may it open one, which server, and a slot for it. */
#ifndef LVX_BPF_STEP_OPEN_H
#define LVX_BPF_STEP_OPEN_H

#include "bpf/packet/wire.h"
#include "bpf/step/desk.h"
#include "bpf/step/schedule.h"
#include "bpf/table/guard.h"
#include "bpf/table_maps.h"

/* By exact port, then port 0. */
STEP __u32 service_find(const struct lookup* lookup) {
    struct service_key key = {};
    key.address = lookup->other;
    key.port = lookup->other_port;
    key.protocol = lookup->protocol;
    const struct service_id* found = bpf_map_lookup_elem(&service_ids, &key);
    const __u32 exact = found ? found->id[lookup->set & 1] : ID_NONE;
    if (exact != ID_NONE) return exact == ID_NOBODY ? ID_NONE : exact;
    key.port = 0;
    found = bpf_map_lookup_elem(&service_ids, &key);
    return found ? found->id[lookup->set & 1] : ID_NONE;
}

/* The row that schedules for row `id`: a mark's for its members. */
STEP __u32 leader_of(__u32 set, __u32 id) {
    const struct service* service = service_at(set, id);
    return service ? service_leader(service, id) : id;
}

STEP int opening_is_over(void) {
    const struct root* root = root_get();
    return root && root->opening_end && opening_has_lapsed(root->opening_end, root->lease_end, bpf_jiffies64());
}

/* A packet of no connection: the kernel's, but for the moment after a takeover. */
STEP enum verdict stranger(const struct desk* desk, enum verdict usually) {
    const struct root* root = root_get();
    const int begun = desk->lookup.protocol == PROTOCOL_TCP && (desk->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK;
    return begun && root && root->settling_end && is_settling(root->settling_end, bpf_jiffies64()) ? VERDICT_unsettled : usually;
}

STEP int may_open(__u8 protocol, __u8 tcp_flags) {
    return protocol == PROTOCOL_UDP || (tcp_flags & (TCP_SYN | TCP_RST)) == TCP_SYN;
}

STEP __u32 event_of(__u8 protocol, __u8 tcp_flags) {
    return protocol == PROTOCOL_TCP ? tcp_event(tcp_flags) : FLOW_datagram;
}

STEP __u32 direction_in(const struct server* server) {
    return server->method == METHOD_masq ? FLOW_input : FLOW_input_only;
}

STEP void opening_fill(struct opening* opening, const struct desk* desk, const struct service* service,
                       const struct server* server) {
    const __u32 event = event_of(desk->lookup.protocol, desk->tcp_flags);
    opening->state = (__u8)flow_next(direction_in(server), event, STATE_none);
    opening->timeout = service->timeout_ticks[opening->state % STATE_LIMIT];
    opening->server_port = led_to_port(service, server, desk->lookup.other_port);
    opening->return_ifindex = desk->ifindex;
    opening->return_vlan = desk->vlan;
    __builtin_memcpy(opening->return_mac, desk->mac, sizeof(desk->mac));
}

STEP enum verdict insert_refusal(int result) {
    if (result == TABLE_FULL) return VERDICT_table_full;
    if (result == TABLE_CONTENDED) return VERDICT_contended;
    return VERDICT_inconsistent;
}

STEP struct choice choice_of(const struct desk* desk, __u32 service) {
    const struct lookup* lookup = &desk->lookup;
    struct choice choice = {lookup->set,
                            leader_of(lookup->set, service),
                            address_fold(&lookup->client, desk->family),
                            WIRE16(lookup->client_port),
                            {ID_NONE, ID_NONE}};
    return choice;
}

/*
 * One server after another until the client's port does not already reach it by another virtual address, which a
 * reply could not tell apart.
 */
STEP int insert_scheduled(struct desk* desk, struct opening* opening) {
    struct lookup* lookup = &desk->lookup;
    struct choice choice = choice_of(desk, opening->service);
    for (int attempt = 0; attempt <= AVOID_LIMIT; ++attempt) {
        opening->server = choose_server(&choice);
        const struct server* server = server_at(lookup->set, opening->server);
        const struct service* service = service_at(lookup->set, opening->service);
        if (!server || !service) return refuse(attempt ? VERDICT_reply_ambiguous : VERDICT_no_server);
        opening_fill(opening, desk, service, server);
        const int result = table_insert(NULL, lookup, opening);
        desk->existed = opening->existed;
        if (result >= 0) return result;
        if (result != TABLE_AMBIGUOUS) return refuse(insert_refusal(result));
        choice.avoid[attempt % AVOID_LIMIT] = opening->server;
    }
    return refuse(VERDICT_reply_ambiguous);
}

/* Puts on the desk the slot of the connection this packet opens, or of the one another CPU has just opened for it
 * (then desk->existed), or why there is none.  NEXT_PERSIST: its service, persist.h goes on. */
__noinline int open_connection(struct desk* desk) {
    if (!desk) return 0;
    struct opening opening = {};
    opening.service = service_find(&desk->lookup);
    if (opening.service == ID_NONE) return desk->index = refuse(VERDICT_not_ours);
    if (desk->fragment) return desk->index = refuse(VERDICT_fragment);
    if (!may_open(desk->lookup.protocol, desk->tcp_flags)) return desk->index = refuse(stranger(desk, VERDICT_unknown_flow));
    if (opening_is_over()) return desk->index = refuse(VERDICT_opening_lapsed);
    const struct service* service = service_at(desk->lookup.set, opening.service);
    if (service && service->flags & SERVICE_PERSISTENT) {
        desk->index = (int)opening.service;
        return NEXT_PERSIST;
    }
    return desk->index = insert_scheduled(desk, &opening);
}

#endif
