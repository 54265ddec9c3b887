/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a frame goes and whether it fits.  To a server: the next hop the daemon keeps current.  Back to a client: what
 * its connection's slot remembers, looked up in the kernel's routes when the daemon says that routes have changed.
 */
#ifndef LVX_BPF_STEP_WAY_H
#define LVX_BPF_STEP_WAY_H

#include "bpf/packet/rewrite.h"
#include "bpf/step/admit.h"
#include "bpf/step/passage.h"
#include "bpf/table_maps.h"

enum { FIB_IPV4 = 2, FIB_IPV6 = 10 }; /* AF_INET, AF_INET6 */

STEP int check_hops(const struct passage* passage) {
    return passage->desk->ttl > 1 ? (int)STEP_ON : (int)VERDICT_ttl_expired;
}

STEP int check_size(struct passage* passage, __u32 mtu) {
    if (passage->desk->packet_length <= mtu) return STEP_ON;
    passage->desk->answer_mtu = (__u16)mtu;
    return VERDICT_too_big;
}

STEP const struct nexthop* way_to_server(const struct server* server) {
    const struct nexthop* nexthop = nexthop_at(server->nexthop);
    return nexthop && nexthop->flags & NEXTHOP_VALID ? nexthop : NULL;
}

STEP void leave_by_nexthop(struct passage* passage, const struct nexthop* nexthop) {
    rewrite_macs(&passage->frame, nexthop->destination_mac, nexthop->source_mac);
    passage->out_ifindex = nexthop->ifindex;
    passage->out_vlan = nexthop->vlan;
}

STEP void fib_fill(struct bpf_fib_lookup* fib, const struct connection* slot, const struct service* service) {
    fib->l4_protocol = slot->protocol;
    fib->sport = slot->virtual_port;
    fib->dport = slot->client_port;
    if (service->family == 4) {
        fib->family = FIB_IPV4;
        fib->ipv4_src = service->address.words[3];
        fib->ipv4_dst = slot->client.words[3];
        return;
    }
    fib->family = FIB_IPV6;
    *(union address*)fib->ipv6_src = service->address;
    *(union address*)fib->ipv6_dst = slot->client;
}

/* The two words of a slot that hold the way back; a reader may see one of an old and one of a new way, once. */
STEP void way_store(struct connection* slot, __u32 ifindex, __u32 generation, const __u8* mac, __u32 vlan) {
    __u64 station = (__u64)vlan << 48;
    for (int i = 0; i < 6; ++i) station |= (__u64)mac[i] << (8 * i);
    store_u64(slot->return_mac, station);
    store_u64(&slot->return_ifindex, (__u64)generation << 32 | ifindex);
}

STEP void way_confirm(struct connection* slot, __u32 generation) { store_u32(&slot->return_generation, generation); }

/*
 * Looks the way back up and remembers it.  Where the kernel cannot say (no neighbour entry, forwarding off) or names a
 * device that is not ours, a VLAN device for example, the client is answered the way its request came.
 */
STEP int way_refresh(void* context, struct connection* slot, const struct service* service, __u32 ifindex,
                     __u32 generation) {
    struct bpf_fib_lookup fib = {.ifindex = ifindex};
    fib_fill(&fib, slot, service);
    const long result = bpf_fib_lookup(context, &fib, sizeof(fib), 0);
    const int found = result == BPF_FIB_LKUP_RET_SUCCESS || result == BPF_FIB_LKUP_RET_FRAG_NEEDED;
    if (found && interface_find(fib.ifindex)) {
        way_store(slot, fib.ifindex, generation, fib.dmac, 0);
        return STEP_ON;
    }
    const int learnt = slot->return_ifindex != 0;
    if (found && learnt && slot->return_vlan) {
        way_store(slot, slot->return_ifindex, generation, fib.dmac, slot->return_vlan);
        return STEP_ON;
    }
    /* Learnt from another director, who knows its client's MAC but not by which of our devices: the route says that. */
    const __u64 station = slot_word(slot, WORD_MAC);
    if (result == BPF_FIB_LKUP_RET_NO_NEIGH && !learnt && station && interface_find(fib.ifindex)) {
        way_store(slot, fib.ifindex, generation, slot->return_mac, slot->return_vlan);
        return STEP_ON;
    }
    const int unsure = found || result == BPF_FIB_LKUP_RET_FWD_DISABLED ||
                       (result == BPF_FIB_LKUP_RET_NO_NEIGH &&
                        (fib.ifindex == slot->return_ifindex || !interface_find(fib.ifindex)));
    if (unsure && learnt) {
        way_confirm(slot, generation);
        return STEP_ON;
    }
    return result == BPF_FIB_LKUP_RET_NO_NEIGH ? VERDICT_no_neighbour : VERDICT_no_route;
}

/* For the connection on the desk; a verdict takes its place there when there is no way. */
STEP int find_way(struct passage* passage) {
    struct desk* desk = passage->desk;
    desk->done |= DESK_ROUTED;
    struct connection* slot = connection_at((__u32)desk->index);
    const struct root* root = root_get();
    const struct service* service = slot ? service_at(desk->lookup.set, slot_service(slot)) : NULL;
    if (!root || !service) return 0;
    const int result = way_refresh(passage->context, slot, service, desk->ifindex, root->client_generation);
    if (result != STEP_ON) desk->index = refuse(result);
    return 0;
}

STEP int way_is_known(const struct desk* desk, const struct connection* slot) {
    const struct root* root = root_get();
    return desk->done & DESK_ROUTED || (root && slot->return_generation == root->client_generation);
}

STEP void leave_to_client(struct passage* passage, const struct connection* slot, const struct interface* interface) {
    rewrite_macs(&passage->frame, slot->return_mac, interface->mac);
    passage->out_ifindex = interface->ifindex;
    passage->out_vlan = slot->return_vlan;
}

#endif
