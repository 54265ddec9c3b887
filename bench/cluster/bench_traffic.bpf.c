/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Traffic for the cluster bench: `generate` makes frames (run by BPF_PROG_RUN as live frames, so that no socket and no
 * skb costs anything), `forward` is the bare XDP forwarder everything is compared with, `sink` counts and drops.
 *
 *   generate ──> director eth0 ── what is measured ── director eth1 ──> sink
 *
 * Frames are the smallest there are: Ethernet, IPv4, UDP, 18 bytes of payload, 60 bytes in all.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char bench_license[] SEC("license") = "Dual BSD/GPL";

enum {
    FRAME_BYTES = 60,
    PORTS_PER_ADDRESS = 32768,
    FIRST_PORT = 1024,
    STAMP_EVERY = 1024,
    COUNTERS = 5,
};

/* first and last: nanoseconds at frame 0 and at the frame `stamped`, the latest multiple of STAMP_EVERY. */
enum counter { COUNTER_made, COUNTER_arrived, COUNTER_first, COUNTER_last, COUNTER_stamped };

/* Set before loading. */
const volatile __u32 out_ifindex;      /* generate, forward: where frames go */
const volatile __u8 source_mac[6];     /* of the sender */
const volatile __u8 target_mac[6];     /* of the next station */
const volatile __u32 client_network;   /* host order; the first client's address */
const volatile __u32 target_address;   /* host order */
const volatile __u16 target_port;      /* host order */
const volatile __u64 flow_count = 1;   /* flow n is (address n / PORTS_PER_ADDRESS, port n % PORTS_PER_ADDRESS) */

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, COUNTERS);
    __type(key, __u32);
    __type(value, __u64);
} counters SEC(".maps");

static __always_inline __u64 *counter_of(__u32 which)
{
    return bpf_map_lookup_elem(&counters, &which);
}

/* The clock is read here, so that what the system call does before and after the frames costs nothing. */
static __always_inline void stamp(__u64 made)
{
    __u64 *when = counter_of(made ? COUNTER_last : COUNTER_first), *stamped = counter_of(COUNTER_stamped);

    if (made % STAMP_EVERY || !when || !stamped)
        return;
    *when = bpf_ktime_get_ns();
    *stamped = made;
}

static __always_inline __u16 folded(__u32 sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (__u16)~sum;
}

static __always_inline __u32 sum_of_halves(__u32 word)
{
    return (word >> 16) + (word & 0xffff);
}

static __always_inline void write_macs(struct ethhdr *ethernet)
{
    for (int i = 0; i < ETH_ALEN; ++i) {
        ethernet->h_dest[i] = target_mac[i];
        ethernet->h_source[i] = source_mac[i];
    }
}

/* Written as a whole each time: the frame comes back as the director left it. */
SEC("xdp")
int generate(struct xdp_md *context)
{
    void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
    struct ethhdr *ethernet = data;
    struct iphdr *ip = (void *)(ethernet + 1);
    struct udphdr *udp = (void *)(ip + 1);
    __u64 *made = counter_of(COUNTER_made);

    if ((void *)(udp + 1) > end || !made)
        return XDP_ABORTED;
    stamp(*made);
    __u64 flow = (*made)++ % flow_count;
    __u32 client = client_network + (__u32)(flow / PORTS_PER_ADDRESS);
    __u16 port = (__u16)(FIRST_PORT + flow % PORTS_PER_ADDRESS);
    __u16 ip_bytes = FRAME_BYTES - sizeof(*ethernet), udp_bytes = ip_bytes - sizeof(*ip);
    __u32 addresses = sum_of_halves(client) + sum_of_halves(target_address);

    write_macs(ethernet);
    ethernet->h_proto = bpf_htons(ETH_P_IP);
    *(__u16 *)ip = bpf_htons(0x4500); /* version 4, five words, no service bits */
    ip->tot_len = bpf_htons(ip_bytes);
    ip->id = 0;
    ip->frag_off = bpf_htons(0x4000); /* do not fragment */
    ip->ttl = 64;
    ip->protocol = IPPROTO_UDP;
    ip->check = bpf_htons(folded(0x4500 + ip_bytes + 0x4000 + (64 << 8 | IPPROTO_UDP) + addresses));
    ip->saddr = bpf_htonl(client);
    ip->daddr = bpf_htonl(target_address);
    udp->source = bpf_htons(port);
    udp->dest = bpf_htons(target_port);
    udp->len = bpf_htons(udp_bytes);
    /* The payload is zero and adds nothing. */
    udp->check = bpf_htons(folded(addresses + IPPROTO_UDP + 2 * udp_bytes + port + target_port));
    return (int)bpf_redirect(out_ifindex, 0);
}

SEC("xdp")
int forward(struct xdp_md *context)
{
    void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
    struct ethhdr *ethernet = data;

    if ((void *)(ethernet + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    write_macs(ethernet);
    return (int)bpf_redirect(out_ifindex, 0);
}

SEC("xdp")
int sink(struct xdp_md *context)
{
    void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
    struct ethhdr *ethernet = data;
    struct iphdr *ip = (void *)(ethernet + 1);
    __u64 *arrived = counter_of(COUNTER_arrived);

    if ((void *)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP)
        return XDP_PASS;
    if (arrived)
        ++*arrived;
    return XDP_DROP;
}
