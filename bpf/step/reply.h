/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet from a real server: if it belongs to a connection, its source becomes the virtual address. */
#ifndef LVX_BPF_STEP_REPLY_H
#define LVX_BPF_STEP_REPLY_H

#include "bpf/step/hold.h"
#include "bpf/step/request.h"

/* 0: the frame is not what it was. */
STEP int rewrite_to_client(struct passage* passage, const struct flow* flow, const struct interface* interface,
                           __u8 family) {
    if (!frame_again(passage, family)) return 0;
    leave_to_client(passage, flow->slot, interface);
    passage->frame.source_port = passage->desk->lookup.other_port;
    hook_rewrite_reply(passage, &flow->service->address, flow->slot->virtual_port);
    return 1;
}

/* STEP_ON: rewritten, and on its way as far as counters are concerned. */
STEP int prepare_reply(struct passage* passage, const struct flow* flow) {
    const struct desk* desk = passage->desk;
    const struct interface* interface = interface_find(flow->slot->return_ifindex);
    if (!interface) return VERDICT_no_route;
    int result = check_hops(passage);
    if (result != STEP_ON) return result;
    result = check_size(passage, interface->mtu);
    if (result != STEP_ON) return result;
    const int written = desk->family == 6 ? rewrite_to_client(passage, flow, interface, 6)
                                          : rewrite_to_client(passage, flow, interface, 4);
    if (!written) return VERDICT_frame_refused;
    count_traffic(flow->service_id, flow->server_id, TRAFFIC_OUT, desk->l3_length, 0);
    return STEP_ON;
}

STEP int send_reply(struct passage* passage, const struct flow* flow) {
    const int result = prepare_reply(passage, flow);
    return result == STEP_ON ? hook_send(passage, VERDICT_reply_sent) : result;
}

/* A removed server's replies still reach their clients, as in IPVS, while its service's address is kept. */
STEP int reply(struct passage* passage) {
    struct desk* desk = passage->desk;
    if (desk->index == DESK_EMPTY) {
        desk->index = table_find_reply(NULL, &desk->lookup);
        if (desk->index < 0) return stranger(desk, VERDICT_unknown_reply);
    }
    if (desk->index < 0) return refusal_verdict(desk->index);

    struct flow flow;
    int result = flow_read(desk, &flow);
    if (result != STEP_ON) return result;
    if (desk->done & DESK_FENCED && is_guarded(&flow.service->address)) return VERDICT_fenced;
    if (desk->fragment) return VERDICT_fragment;
    if (flow.service->family == 0) return VERDICT_server_gone;
    if (!way_is_known(desk, flow.slot)) return NEXT_WAY;
    result = flow_touch(desk, &flow, FLOW_output);
    if (result != STEP_ON) return result;
    handshake_answered(desk, flow.server_id);
    if (!is_held(desk)) return send_reply(passage, &flow);
    result = prepare_reply(passage, &flow);
    return result == STEP_ON ? hold(passage) : result;
}

#endif
