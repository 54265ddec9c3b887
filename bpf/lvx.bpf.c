/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data plane: one chain of steps, behind two hooks. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"

char license_text[] SEC("license") = "Dual BSD/GPL";

static __always_inline void touch_maps(void) {
    struct service_key key = {};
    tag_line_at(0), connection_at(0), server_load_at(0), cursor_at(0), nexthop_at(0);
    service_counter_at(0), server_counter_at(0), interface_at(0), filter_line_at(0), pool_word(0, 0);
    service_at(0, 0), server_at(0, 0), root_get(), tick_now(), bpf_map_lookup_elem(&service_ids, &key);
}

SEC("xdp")
int lvx_xdp(struct xdp_md* context) {
    touch_maps();
    struct verdict_counter* counter = verdict_counter_at(VERDICT_unknown_interface);
    if (counter) ++counter->packets, counter->bytes += context->data_end - context->data;
    return XDP_PASS;
}

SEC("tc")
int lvx_tc(struct __sk_buff* context) {
    struct verdict_counter* counter = verdict_counter_at(VERDICT_unknown_interface);
    if (counter) ++counter->packets, counter->bytes += context->len;
    return TC_ACT_UNSPEC;
}

SEC("syscall")
int lvx_clock(struct clock_answer* answer) {
    answer->jiffies = bpf_jiffies64();
    return 0;
}
