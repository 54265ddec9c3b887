/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first packet of a connection of a persistent service: it goes where its client's template (table/template.h)
 * says, whatever the scheduler, thresholds or weights would; without one that can be followed a server is chosen as for
 * any other service and remembered in a new template.  Of two first connections at the same moment the one that comes
 * second with its template follows the other's.
 */
#ifndef LVX_BPF_STEP_PERSIST_H
#define LVX_BPF_STEP_PERSIST_H

#include "bpf/step/open.h"

/* The server of the template in slot `index`, which the lookup found; ID_NONE: it is another one's slot by now. */
STEP __u32 template_server(const struct lookup* template, int index) {
    const struct connection* slot = connection_at((__u32)index);
    if (!slot) return ID_NONE;
    const __u32 id = slot_server(slot);
    return control_same(load_control(slot), template->control) ? id : ID_NONE;
}

/* Where the client's template leads, its time begun anew; ID_NONE without one.  What leads nowhere ends here. */
__noinline __u32 template_follow(struct lookup* template, __u32 timeout) {
    if (!template) return ID_NONE;
    const int index = table_find_request(NULL, template);
    if (index < 0) return ID_NONE;
    const __u32 id = template_server(template, index);
    const struct server* server = server_at(template->set, id);
    if (!server) return ID_NONE;
    const struct root* root = root_get();
    if (template_leads_to(server, root ? root->expire_quiescent : 0)) return template_renew(NULL, template, (__u32)index, template->now + timeout) ? id : ID_NONE;
    table_remove(NULL, (__u32)index, template->control, template->set, template->now);
    return ID_NONE;
}

/* Functions of their own for the stack's sake: nothing below them calls anybody. */

/* What opens a template that leads to opening->server: of the service that leads, see table/template.h. */
__noinline int template_prepare(const struct lookup* template, struct opening* opening) {
    if (!template || !opening) return 0;
    opening->service = leader_of(template->set, opening->service);
    const struct service* service = service_at(template->set, opening->service);
    const struct server* server = server_at(template->set, opening->server);
    if (!service || !server) return 0;
    opening->server_port = template_server_port(service, server);
    opening->state = STATE_template;
    opening->timeout = service->timeout_ticks[STATE_template];
    return 1;
}

/* What opens a connection to it, of the service that open_connection() found. */
__noinline int connection_prepare(const struct desk* desk, struct opening* opening) {
    if (!desk || !opening) return 0;
    opening->service = (__u32)desk->index;
    const struct service* service = service_at(desk->lookup.set, opening->service);
    const struct server* server = server_at(desk->lookup.set, opening->server);
    if (!service || !server) return 0;
    opening_fill(opening, desk, service, server);
    return 1;
}

/* The desk's lookup serves the template, too: a second one is more than the stack has room for. */
struct aside {
    union address client;
    __be16 client_port;
    __be16 other_port;
};

/* The timeout of templates, in ticks; 0: there is no such service. */
__noinline __u32 template_begin(struct desk* desk, const struct aside* aside, __u32 id) {
    if (!desk || !aside) return 0;
    struct lookup* lookup = &desk->lookup;
    id = leader_of(lookup->set, id);
    const struct service* service = service_at(lookup->set, id);
    if (!service) return 0;
    template_name(lookup, service, id, &aside->client);
    lookup->hash = hash_client(NULL, &lookup->client, lookup->client_port, lookup->protocol);
    return service->timeout_ticks[STATE_template];
}

__noinline int template_end(struct desk* desk, const struct aside* aside) {
    if (!desk || !aside) return 0;
    struct lookup* lookup = &desk->lookup;
    const struct service* service = service_at(lookup->set, (__u32)desk->index);
    if (!service) return 0;
    lookup->other = service->address; /* a mark's templates have neither this nor a protocol */
    lookup->protocol = service->protocol;
    lookup->client = aside->client;
    lookup->client_port = aside->client_port;
    lookup->other_port = aside->other_port;
    lookup->flags = 0;
    lookup->hash = hash_client(NULL, &lookup->client, lookup->client_port, lookup->protocol);
    return 0;
}

/* The template's server, or a chosen one that a template is made for, into `opening`; STEP_ON or refuse(verdict).
 * opening->existed: the template was there. */
STEP int template_choose(struct desk* desk, const struct choice* choice, struct opening* opening, __u32 timeout) {
    opening->existed = 1;
    opening->server = template_follow(&desk->lookup, timeout);
    if (opening->server != ID_NONE) return STEP_ON;
    opening->server = choose_server(choice);
    if (opening->server == ID_NONE) return refuse(choice->avoid[0] == ID_NONE ? VERDICT_no_server : VERDICT_reply_ambiguous);
    if (!template_prepare(&desk->lookup, opening)) return refuse(VERDICT_inconsistent);
    const int made = table_insert(NULL, &desk->lookup, opening);
    if (made < 0) return refuse(insert_refusal(made));
    if (opening->existed) opening->server = template_server(&desk->lookup, made);
    return opening->server == ID_NONE ? refuse(VERDICT_contended) : (int)STEP_ON;
}

/* The client's template ends. */
__noinline int template_drop(struct lookup* template) {
    if (!template) return 0;
    const int index = table_find_request(NULL, template);
    return index >= 0 && table_remove(NULL, (__u32)index, template->control, template->set, template->now);
}

/*
 * Where the client port reaches the server already by another virtual address, a template made here is given up for
 * another server's; to one that was there the client holds, and so do we.
 */
STEP int insert_persistent(struct desk* desk, struct opening* opening) {
    const struct aside aside = {desk->lookup.client, desk->lookup.client_port, desk->lookup.other_port};
    struct choice choice = choice_of(desk, opening->service);
    for (int attempt = 0; attempt <= AVOID_LIMIT; ++attempt) {
        int result = template_choose(desk, &choice, opening, template_begin(desk, &aside, opening->service));
        const int existed = opening->existed;
        template_end(desk, &aside);
        if (result != STEP_ON) return result;
        if (!connection_prepare(desk, opening)) return refuse(VERDICT_inconsistent);
        result = table_insert(NULL, &desk->lookup, opening);
        desk->existed = opening->existed;
        if (result >= 0) return result;
        if (result != TABLE_AMBIGUOUS) return refuse(insert_refusal(result));
        if (existed) break;
        choice.avoid[attempt % AVOID_LIMIT] = opening->server;
        template_begin(desk, &aside, opening->service);
        template_drop(&desk->lookup);
    }
    return refuse(VERDICT_reply_ambiguous);
}

/* As open_connection(), which left the service's id in desk->index. */
__noinline int open_persistent(struct desk* desk) {
    if (!desk) return 0;
    struct opening opening = {};
    opening.service = (__u32)desk->index;
    return desk->index = insert_persistent(desk, &opening);
}

#endif
