/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first packet of an ordinary connection, start to end in one function, as plain.h does it for those that follow:
 * plain() has said that the packet is surely of no connection, the service keeps no server for its clients, and no
 * other connection has its tag.  Otherwise NEXT_OPEN: nothing has been changed but perhaps a ticket drawn, and the
 * functions of desk.h begin anew.
 *
 * It decides nothing by itself: every question is asked as they ask it, of the same tables by the same pieces.
 */
#ifndef LVX_BPF_STEP_FIRST_H
#define LVX_BPF_STEP_FIRST_H

#include "bpf/step/plain.h"

/* The server whose turn it is; by a call where that is no plain matter. */
STEP __u32 first_server(const struct choice* choice, const struct service* leader) {
    if (!leader->servers || !leader->ring_period) return leader->servers ? choose_server(choice) : ID_NONE;
    if (leader->scheduler != SCHEDULER_rr) return choose_server(choice);
    struct draw draw = {choice, leader, schedule_cursor_at(choice->service), ID_NONE, 0};
    if (!draw.cursor) return ID_NONE;
    return draw_one(&draw) ? draw.chosen : choose_server(choice);
}

/* A free slot, claimed as insert.h does; TABLE_MISS: that must look for one that is not. */
STEP __s32 first_claim(struct lookup* lookup) {
    const __u32 first = bucket_first(lookup->hash, settings.buckets);
    const __u32 second = bucket_second(lookup->hash, settings.buckets);
    const struct tag_line *first_line = tag_line_at(first), *second_line = tag_line_at(second);
    __s32 index = TABLE_MISS;
    if (!first_line || !second_line) return TABLE_MISS;
    if (lanes_tagged(first_line, hash_tag(lookup->hash)) | lanes_tagged(second_line, hash_tag(lookup->hash))) return TABLE_MISS;
    if (lanes_free(first_line) & lane_only(hash_lane(lookup->hash)))
        index = claim_free(NULL, lookup, first * SLOTS_PER_BUCKET + hash_lane(lookup->hash));
    if (index < 0) index = table_claim_lane(NULL, lookup, first, lanes_free(first_line));
    return index < 0 ? table_claim_lane(NULL, lookup, second, lanes_free(second_line)) : index;
}

/* In the same place, one after the other: the stack is short. */
union first {
    struct choice choice;
    struct opening opening;
};

/* What the claimed slot will hold; 0: there is no server. */
STEP int first_choose(const struct desk* desk, struct flow* flow, union first* first) {
    first->choice = choice_of(desk, flow->service_id);
    const struct service* leader = service_at(desk->lookup.set, first->choice.service);
    if (!leader) return 0;
    flow->server_id = first_server(&first->choice, leader);
    flow->server = server_at(desk->lookup.set, flow->server_id);
    if (!flow->server) return 0;
    first->opening = (struct opening){.service = flow->service_id, .server = flow->server_id};
    opening_fill(&first->opening, desk, flow->service, flow->server);
    return 1;
}

/* STEP_ON: the connection is there. */
STEP int first_open(struct desk* desk, const struct root* root, struct flow* flow) {
    struct lookup* lookup = &desk->lookup;
    if (root->opening_end && opening_is_over()) return NEXT_OPEN;
    flow->service_id = service_find(lookup);
    flow->service = service_at(lookup->set, flow->service_id);
    if (!flow->service || flow->service->flags & SERVICE_PERSISTENT) return NEXT_OPEN;
    desk->index = first_claim(lookup);
    flow->index = (__u32)desk->index;
    flow->slot = connection_at(flow->index);
    if (desk->index < 0 || !flow->slot) return NEXT_OPEN;
    union first first;
    if (!first_choose(desk, flow, &first)) {
        slot_free(NULL, flow->index, flow->slot, lookup->control);
        return NEXT_OPEN;
    }
    if (!publish(NULL, lookup, &first.opening, flow->index, flow->slot)) return NEXT_OPEN;
    return settled(NULL, lookup, &first.opening, flow->index) == desk->index ? STEP_ON : (int)NEXT_OPEN;
}

STEP int first_packet(struct passage* passage, const struct root* root, __u8 family) {
    struct desk* desk = passage->desk;
    struct lookup* lookup = &desk->lookup;
    struct flow flow;
    int result = plain_judge(passage, root, family);
    if (result != STEP_ON) return NEXT_OPEN;
    if (check_hops(passage) != STEP_ON) return NEXT_OPEN;
    lookup_fill(lookup, &passage->frame, 0);
    lookup->hash = hash_client(NULL, &lookup->client, lookup->client_port, lookup->protocol);
    for (int i = 0; i < 6; i += 2) /* by halves: the stack is not aligned for more */
        *(__u16*)(desk->mac + i) = ((const struct wire_field*)(passage->frame.ethernet + 6 + i))->value;
    result = first_open(desk, root, &flow);
    if (result != STEP_ON) return result;
    handshake_begins(desk);
    if (root->told_packets) count_packet(root->told_packets, flow.slot, flow.index);
    return send_request(passage, &flow, 1);
}

STEP int first(struct passage* passage) {
    const struct root* root = root_get();
    const __be16 type = plain_type(passage);
    if (!root) return NEXT_OPEN;
    if (type == WIRE16(ETHER_IPV4)) return first_packet(passage, root, 4);
    return type == WIRE16(ETHER_IPV6) ? first_packet(passage, root, 6) : (int)NEXT_OPEN;
}

#endif
