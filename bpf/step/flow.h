/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet of TCP or UDP that is to a virtual address, from a real server, or both. */
#ifndef LVX_BPF_STEP_FLOW_H
#define LVX_BPF_STEP_FLOW_H

#include "bpf/step/reply.h"
#include "bpf/step/request.h"

/* What is both is a request first: a server may be a client of a service; or a service's client has that address. */
STEP int flow(struct passage* passage) {
    struct desk* desk = passage->desk;
    if (desk->sides & SIDE_REQUEST && !(desk->done & DESK_NO_REQUEST)) {
        const int result = request(passage);
        const int no_request = result == VERDICT_not_ours || result == VERDICT_unknown_flow || result == VERDICT_unsettled;
        if (!no_request || !(desk->sides & SIDE_REPLY)) return result;
        desk->done |= DESK_NO_REQUEST;
        desk->index = DESK_EMPTY;
        lookup_reverse(&desk->lookup);
    }
    return reply(passage);
}

#endif
