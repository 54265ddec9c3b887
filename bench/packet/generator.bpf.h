/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The generator's half inside the kernel: writes a whole Ethernet, IPv4 and TCP header. */
#ifndef LVX_BENCH_PACKET_GENERATOR_BPF_H
#define LVX_BENCH_PACKET_GENERATOR_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bench/packet/generator.h"

enum { BENCH_DATAGRAM = 60 };

struct bench_control bench = {.random = 88172645463325252ull, .flows = 1};

static __always_inline void bench_write(struct ethhdr* ethernet, __u32 flow, int is_reply) {
    struct iphdr* ip = (struct iphdr*)(ethernet + 1);
    struct tcphdr* tcp = (struct tcphdr*)(ip + 1);
    const __u32 client = bpf_htonl(bench_client(flow));
    const __u16 port = bpf_htons(bench_port(flow));
    __u32* words = (__u32*)ethernet;
    words[0] = bpf_htonl(0x02000000), words[1] = bpf_htonl(0x00010200), words[2] = bpf_htonl(0x00000002);
    ethernet->h_proto = bpf_htons(ETH_P_IP);
    *(__u32*)ip = bpf_htonl(0x45000000 | (BENCH_DATAGRAM - ETH_HLEN));
    *((__u32*)ip + 1) = bpf_htonl(0x12344000);
    *((__u32*)ip + 2) = bpf_htonl(64 << 24 | 6 << 16);
    ip->saddr = is_reply ? bpf_htonl(bench_server(flow)) : client;
    ip->daddr = is_reply ? client : bpf_htonl(BENCH_VIRTUAL);
    tcp->source = is_reply ? bpf_htons(BENCH_SERVER_PORT) : port;
    tcp->dest = is_reply ? port : bpf_htons(BENCH_PORT);
    *((__u32*)tcp + 3) = bpf_htonl(0x50000000 | (bench.opening ? 0x02 : 0x10) << 16 | 0xffff);
    tcp->check = 0x1234;
}

/* 0: the frame is not the bench's. */
static __always_inline int bench_restore(struct xdp_md* context) {
    struct ethhdr* ethernet = (struct ethhdr*)(long)context->data;
    if ((void*)ethernet + BENCH_DATAGRAM > (void*)(long)context->data_end) return 0;
    if (bench.opening) {
        bench_write(ethernet, bench.next_flow++, 0);
        return 1;
    }
    const __u64 random = bench_next(bench.random);
    bench.random = random;
    bench_write(ethernet, (__u32)((random >> 32) * bench.flows >> 32), random & 1);
    return 1;
}

#endif
