/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Persistence (abi/connection.h says what a template is): how a client's template is named, when it may be followed,
 * how its time begins anew, and how its connections keep it.
 *
 * Its time is its service's timeout from its last new connection.  IPVS counts the connections a template has and does
 * not end one that has any, it gives it 60 s more.  Here no packet counts: the sweep, which sees every live connection
 * once a second, gives the 60 s where a connection's own template is about to run out, and tells it when a connection of
 * it was established.
 */
#ifndef LVX_TABLE_TEMPLATE_H
#define LVX_TABLE_TEMPLATE_H

#include "bpf/table/control.h"
#include "bpf/table/find.h"
#include "bpf/table/mark.h"
#include "bpf/table/remove.h"
#include "bpf/table/storage.h"

TABLE_BEGIN

/* The first `bits` of a half of an address, in network order. */
TABLE_INLINE __u64 network_half(__u32 bits) {
    if (bits == 0) return 0;
    return __builtin_bswap64(~0ull << ((64 - bits) & 63));
}

TABLE_INLINE void address_mask(union address* address, __u32 prefix) {
    address->halves[0] &= network_half(prefix < 64 ? prefix : 64);
    address->halves[1] &= network_half(prefix < 64 ? 0 : prefix > 128 ? 64 : prefix - 64);
}

/* The row whose servers, scheduler and templates those of row `id` are. */
TABLE_INLINE __u32 service_leader(const struct service* service, __u32 id) {
    return service->flags & SERVICE_MEMBER ? service->leader : id;
}

/* The template that connections of `client` at service `id`, which leads itself, have.  `lookup` is whole afterwards. */
TABLE_INLINE void template_name(struct lookup* lookup, const struct service* service, __u32 id,
                                const union address* client) {
    lookup->client = *client;
    address_mask(&lookup->client, service->persistence_prefix);
    lookup->other = service->address;
    lookup->client_port = (__be16)id;
    lookup->other_port = service->port;
    lookup->protocol = service->protocol;
    lookup->flags = CONNECTION_TEMPLATE;
    lookup->zero[0] = lookup->zero[1] = 0;
    lookup->hash = 0;
    lookup->control = 0;
}

/* Where a connection that asked for `asked` is led. */
TABLE_INLINE __be16 led_to_port(const struct service* service, const struct server* server, __be16 asked) {
    return server->port && !(service->flags & SERVICE_KEEPS_PORT) ? server->port : asked;
}

/* The port of a server's identity that its template tells: IPVS's, 0 for a service of any port or of a mark. */
TABLE_INLINE __be16 template_server_port(const struct service* service, const struct server* server) {
    return service->port ? server->port : 0;
}

/* A removed server is not followed to, a quiesced one is unless root.expire_quiescent says otherwise. */
TABLE_INLINE int template_leads_to(const struct server* server, __u32 expire_quiescent) {
    return (server->flags & (SERVER_AVAILABLE | SERVER_LEFT)) == SERVER_AVAILABLE &&
           (server->weight || !expire_quiescent);
}

/* The found template ends at `expires`, but not sooner than it did.  0: it is gone. */
TABLE_INLINE int template_renew(const struct table* t, struct lookup* lookup, __u32 index, __u32 expires) {
    struct connection* slot = table_slot(t, index);

    for (__u64 tried = 0; slot && tried < SWAP_TRIES; tried++) {
        const __u64 control = load_control(slot);

        if (!control_same(control, lookup->control) || !control_live(control, lookup->now)) return 0;
        if ((__s32)(expires - control_expires(control)) <= 0) return 1;
        if (swap_u64(&slot->control, control, control_with(control, STATE_template, expires)) != control) continue;
        table_mark(t, index);
        return 1;
    }
    return slot != 0; /* others renewed it at the same moment */
}

/* Whether IPVS calls the template of this connection assured: it was established, of UDP a reply was seen. */
TABLE_INLINE int assures_template(const struct connection* connection, __u64 control) {
    const __u32 state = control_state(control);

    if (state == STATE_udp) return slot_word(connection, WORD_RETURN) >> 32 != 0;
    return state == STATE_established || state == STATE_fin_wait || state == STATE_time_wait ||
           state == STATE_close_wait || state == STATE_last_ack;
}

TABLE_INLINE int template_assured(const struct connection* slot) {
    return slot_word(slot, WORD_RETURN) >> 32 != 0;
}

/* In the very moment the slot changes hands its new owner, if it is no template, has a way back that was looked up once:
 * the one its first packet came by. */
TABLE_INLINE void template_assure(struct connection* slot, __u64 control) {
    if (!template_assured(slot) && control_same(load_control(slot), control))
        store_u32(&slot->return_generation, 1);
}

/* Sweeps come once a second; a template with so few ticks left may be gone at the next. */
enum { TEMPLATE_ENDING_TICKS = 3 };

/* What a live connection does for the template it came by, if that is still its server's. */
TABLE_INLINE void template_sustain(const struct table* t, const struct connection* connection, __u64 control, __u32 set,
                                   __u32 now) {
    const __u32 server = slot_server(connection);
    __u32 id = slot_service(connection);
    const struct service* service = table_service(t, set, id);
    struct lookup lookup;
    union address client;
    __s32 index;

    if (!service || !(service->flags & SERVICE_PERSISTENT)) return;
    id = service_leader(service, id);
    service = table_service(t, set, id);
    if (!service) return;
    client.halves[0] = slot_word(connection, WORD_CLIENT);
    client.halves[1] = slot_word(connection, WORD_CLIENT + 1);
    lookup.now = now;
    lookup.set = set;
    template_name(&lookup, service, id, &client);
    index = table_find_request(t, &lookup);
    if (index < 0 || slot_server(table_slot(t, (__u32)index)) != server) return;
    if (assures_template(connection, control)) template_assure(table_slot(t, (__u32)index), lookup.control);
    if ((__s32)(control_expires(lookup.control) - now) > TEMPLATE_ENDING_TICKS) return;
    /* 60 s, as a handshake that stands still. */
    template_renew(t, &lookup, (__u32)index,
                   control_expires(lookup.control) + service->timeout_ticks[STATE_syn_recv]);
}

TABLE_END

#endif
