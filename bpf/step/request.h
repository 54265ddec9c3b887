/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet to a virtual address: to its connection's server, or to one chosen now. */
#ifndef LVX_BPF_STEP_REQUEST_H
#define LVX_BPF_STEP_REQUEST_H

#include "bpf/hook/hook.h"
#include "bpf/step/count.h"
#include "bpf/step/handshake.h"
#include "bpf/step/open.h"
#include "bpf/step/told.h"
#include "bpf/step/way.h"

/* A found connection's ids, read together with its control word. */
struct flow {
    struct connection* slot;
    __u32 index;
    __u32 service_id;
    __u32 server_id;
    const struct service* service;
    const struct server* server;
};

/* STEP_ON, or why what was found cannot be used: contended where the slot changed hands while it was read. */
STEP int flow_read(const struct desk* desk, struct flow* flow) {
    flow->index = (__u32)desk->index;
    flow->slot = connection_at(flow->index);
    if (!flow->slot) return VERDICT_inconsistent;
    flow->service_id = slot_service(flow->slot);
    flow->server_id = slot_server(flow->slot);
    if (!control_same(load_control(flow->slot), desk->lookup.control)) return VERDICT_contended;
    flow->service = service_at(desk->lookup.set, flow->service_id);
    flow->server = server_at(desk->lookup.set, flow->server_id);
    return flow->service && flow->server ? STEP_ON : (int)VERDICT_inconsistent;
}

STEP int flow_touch(struct desk* desk, const struct flow* flow, __u32 direction) {
    const __u32 event = event_of(desk->lookup.protocol, desk->tcp_flags);
    return table_touch(NULL, &desk->lookup, flow->index, flow->service, direction, event) ? (int)STEP_ON
                                                                                          : (int)VERDICT_contended;
}

/* A SYN for a connection that is over opens a new one, perhaps at another server (IPVS's conn_reuse_mode 1). */
STEP int is_over(const struct desk* desk) {
    return desk->lookup.protocol == PROTOCOL_TCP && desk->tcp_flags & TCP_SYN &&
           reschedules_on_syn(control_state(desk->lookup.control));
}

/* 0: the frame is not what it was. */
STEP int rewrite_to_server(struct passage* passage, const struct flow* flow, const struct nexthop* nexthop,
                           __u8 family) {
    if (!frame_again(passage, family)) return 0;
    if (!passage->to_kernel) leave_by_nexthop(passage, nexthop);
    passage->frame.destination_port = passage->desk->lookup.other_port;
    if (flow->server->method == METHOD_masq)
        hook_rewrite_request(passage, &flow->server->address, flow->slot->server_port);
    else
        hook_rewrite_hop(passage);
    return 1;
}

/* Rewritten and sent, or, where only the kernel can cut it into fragments, rewritten and left to the kernel. */
STEP int send_request(struct passage* passage, const struct flow* flow, int opened) {
    const struct desk* desk = passage->desk;
    const struct nexthop* nexthop = way_to_server(flow->server);
    if (!nexthop) return VERDICT_no_neighbour;
    int result = check_hops(passage);
    if (result != STEP_ON) return result;
    passage->to_kernel = desk->packet_length > nexthop->mtu && !desk->dont_fragment;
    result = passage->to_kernel ? (int)STEP_ON : check_size(passage, nexthop->mtu);
    if (result != STEP_ON) return result;
    const int written = desk->family == 6 ? rewrite_to_server(passage, flow, nexthop, 6)
                                          : rewrite_to_server(passage, flow, nexthop, 4);
    if (!written) return VERDICT_frame_refused;
    count_traffic(flow->service_id, flow->server_id, TRAFFIC_IN, desk->l3_length, (__u32)opened);
    return hook_send(passage, opened ? VERDICT_request_opened : VERDICT_request_sent);
}

/* The first time round: found, or NEXT_OPEN.  The second time the desk says what became of it. */
STEP int find_for_request(struct passage* passage) {
    struct desk* desk = passage->desk;
    if (desk->index != DESK_EMPTY) return STEP_ON;
    desk->index = table_find_request(NULL, &desk->lookup);
    if (desk->index >= 0 && !is_over(desk)) return STEP_ON;
    if (desk->index >= 0)
        table_remove(NULL, (__u32)desk->index, desk->lookup.control, desk->lookup.set, desk->lookup.now);
    const __u8* ethernet = cursor_at(passage->cursor, 0, ETHER_HEADER);
    if (!ethernet) return VERDICT_frame_refused;
    copy_mac(desk->mac, ethernet + 6);
    return NEXT_OPEN;
}

/* Another director told of the connection, perhaps without its client's MAC: this packet shows where the client is. */
STEP void learn_way(const struct passage* passage, const struct flow* flow) {
    const __u8* ethernet = cursor_at(passage->cursor, 0, ETHER_HEADER);
    if (ethernet) way_store(flow->slot, passage->desk->ifindex, 0, ethernet + 6, passage->desk->vlan);
}

STEP int request(struct passage* passage) {
    struct desk* desk = passage->desk;
    const int opening = desk->index != DESK_EMPTY;
    int result = find_for_request(passage);
    if (result != STEP_ON) return result;
    if (desk->index < 0) return refusal_verdict(desk->index);

    struct flow flow;
    result = flow_read(desk, &flow);
    if (result != STEP_ON) return result;
    if (desk->fragment) return VERDICT_fragment;
    if (!(flow.server->flags & SERVER_AVAILABLE)) return VERDICT_server_gone;
    const int opened = opening && !desk->existed;
    if (!opened) {
        result = flow_touch(desk, &flow, direction_in(flow.server));
        if (result != STEP_ON) return result;
    }
    if (!flow.slot->return_ifindex) learn_way(passage, &flow);
    if (opened) handshake_begins(desk);
    const struct root* root = root_get();
    if (root && root->told_packets) count_packet(root->told_packets, flow.slot, flow.index);
    return send_request(passage, &flow, opened);
}

#endif
