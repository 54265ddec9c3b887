/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The recipe most eBPF balancers share, as the measure: both directions of a connection in an LRU_HASH, the kernel's
 * clock for its age, a routing lookup for each packet, a counter of each CPU.  IPv4 and TCP only, no states, no checks
 * beyond what the verifier asks for: less than the data plane does.
 */
#include "bench/packet/generator.bpf.h"
#include "bench/packet/usual_bench.h"

char license_text[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1);
    __type(key, struct usual_key);
    __type(value, struct usual_flow);
} usual_flows SEC(".maps");

struct usual_counter {
    __u64 packets, bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, struct usual_counter);
} usual_counters SEC(".maps");

static __always_inline __u32 change(__u32 before, __u32 after) {
    return (~before & 0xffff) + (~before >> 16) + (after & 0xffff) + (after >> 16);
}

static __always_inline __u16 update(__u16 sum, __u32 delta) {
    delta += (__u16)~sum;
    delta = (delta & 0xffff) + (delta >> 16);
    return (__u16)~((delta & 0xffff) + (delta >> 16));
}

static __always_inline void translate(struct iphdr* ip, struct tcphdr* tcp, const struct usual_flow* flow) {
    const __u32 addresses = change(ip->saddr, flow->source) + change(ip->daddr, flow->destination);
    const __u32 ports = (__u16)~tcp->source + flow->source_port + (__u16)~tcp->dest + flow->destination_port;
    ip->check = update(ip->check, addresses + 0xfffe);
    tcp->check = update(tcp->check, addresses + ports);
    ip->saddr = flow->source, ip->daddr = flow->destination;
    tcp->source = flow->source_port, tcp->dest = flow->destination_port;
    ip->ttl -= 1;
}

static __always_inline int route(struct xdp_md* context, struct ethhdr* ethernet, const struct iphdr* ip) {
    struct bpf_fib_lookup fib = {.family = 2, .l4_protocol = 6, .ifindex = context->ingress_ifindex};
    fib.tot_len = bpf_ntohs(ip->tot_len);
    fib.ipv4_src = ip->saddr, fib.ipv4_dst = ip->daddr;
    if (bpf_fib_lookup(context, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS) return XDP_DROP;
    __builtin_memcpy(ethernet->h_dest, fib.dmac, ETH_ALEN);
    __builtin_memcpy(ethernet->h_source, fib.smac, ETH_ALEN);
    return (int)bpf_redirect(fib.ifindex, 0);
}

static __always_inline int usual(struct xdp_md* context) {
    struct ethhdr* ethernet = (struct ethhdr*)(long)context->data;
    struct iphdr* ip = (struct iphdr*)(ethernet + 1);
    struct tcphdr* tcp = (struct tcphdr*)(ip + 1);
    if ((void*)(tcp + 1) > (void*)(long)context->data_end) return XDP_PASS;
    if (ethernet->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != 6 || ip->ttl <= 1) return XDP_PASS;

    struct usual_key key = {ip->saddr, ip->daddr, tcp->source, tcp->dest, 6};
    struct usual_flow* flow = bpf_map_lookup_elem(&usual_flows, &key);
    if (!flow) return XDP_PASS;
    flow->last_seen = bpf_ktime_get_ns();
    struct usual_counter* counter = bpf_map_lookup_elem(&usual_counters, &flow->service);
    if (counter) counter->packets += 1, counter->bytes += context->data_end - context->data;
    translate(ip, tcp, flow);
    return route(context, ethernet, ip);
}

SEC("xdp")
int bench_usual(struct xdp_md* context) { return bench_restore(context) ? usual(context) : (int)XDP_ABORTED; }
