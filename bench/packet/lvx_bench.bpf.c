/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The whole data plane with the generator in front of it, and the generator alone. */
#include "bench/packet/generator.bpf.h"
#include "bpf/lvx.bpf.c"

SEC("xdp")
int bench_lvx(struct xdp_md* context) { return bench_restore(context) ? xdp_run(context) : (int)XDP_ABORTED; }

SEC("xdp")
int bench_generator(struct xdp_md* context) { return bench_restore(context) ? (int)XDP_TX : (int)XDP_ABORTED; }
