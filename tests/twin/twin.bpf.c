/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's twin: an XDP program around twin.h, run by BPF_PROG_RUN. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "tests/twin/twin.h"

struct twin_input input;
struct twin_output output;

static __always_inline struct cursor cursor_of(struct xdp_md* context) {
    __u8* data = (__u8*)(long)context->data;
    __u8* end = (__u8*)(long)context->data_end;
    struct cursor cursor = {data, end, (__u32)(end - data), 0};
    return cursor;
}

SEC("xdp")
int twin(struct xdp_md* context) {
    struct cursor cursor = cursor_of(context);
    struct frame frame;
    if (!twin_run(&cursor, &frame, &input, &output) || input.operation != TWIN_ANSWER) return XDP_PASS;

    if (bpf_xdp_adjust_head(context, -(int)output.answer.head)) return XDP_ABORTED;
    cursor = cursor_of(context);
    if (bpf_xdp_adjust_tail(context, (int)(output.answer.frame_length - cursor.length))) return XDP_ABORTED;
    cursor = cursor_of(context);
    twin_answer(&cursor, &frame, &input, &output);
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
