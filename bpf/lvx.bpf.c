/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The data plane: one chain of steps behind two hooks.  Who does what and why it is cut into these functions stands in
 * step/desk.h; every packet ends in one verdict of abi/verdict.h, carried out and counted in conclude() and nowhere else.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "bpf/maps.h"
#include "bpf/step/admit.h"
#include "bpf/step/answer.h"
#include "bpf/step/error.h"
#include "bpf/step/first.h"
#include "bpf/step/flow.h"
#include "bpf/step/persist.h"
#include "bpf/step/plain.h"

char license_text[] SEC("license") = "Dual BSD/GPL";

#define xdp_context xdp_md
#define tc_context __sk_buff
enum { xdp_hook = HOOK_XDP, tc_hook = HOOK_TC };

/* One of desk.h's functions, for the hook `at`. */
#define FUNCTION(at, name)                                                                                    \
    __noinline int at##_##name(struct at##_context* context, struct desk* desk) {                             \
        if (!desk) return VERDICT_inconsistent;                                                               \
        struct cursor cursor;                                                                                 \
        struct passage passage = {.context = context, .hook = at##_hook, .cursor = &cursor, .desk = desk};    \
        at##_cursor(&cursor, context);                                                                        \
        return name(&passage);                                                                                \
    }

#define FUNCTIONS(at)        \
    FUNCTION(at, admit)      \
    FUNCTION(at, flow)       \
    FUNCTION(at, find_way)   \
    FUNCTION(at, check_sum)  \
    FUNCTION(at, error)      \
    FUNCTION(at, translate)  \
    FUNCTION(at, answer)

FUNCTIONS(xdp)
FUNCTIONS(tc)

/* Whether a verdict is of a kind: the list's kinds as one word of bits. */
#define X(name, kind, sentence) | (__u64)(VERDICT_KIND_##kind == wanted) << VERDICT_##name
STEP int is_of_kind(int verdict, enum verdict_kind wanted) { return (0 VERDICTS(X)) >> verdict & 1; }
#undef X

/* The one exit: a verdict is counted and becomes an action; action is the hook's, for what was sent or answered. */
STEP int conclude(__u32 interface_slot, int verdict, __u32 length, int action, enum hook hook) {
    if (verdict < 0) verdict = VERDICT_frame_refused; /* not linear, and the kernel would not make it so */
    count_verdict(interface_slot, (__u32)verdict, length);
    if (is_of_kind(verdict, VERDICT_KIND_sent)) return action;
    if (is_of_kind(verdict, VERDICT_KIND_pass)) return hook_pass(hook);
    return is_of_kind(verdict, VERDICT_KIND_dropped) ? hook_drop(hook) : action;
}

/*
 * The hook's own program is plain() alone, with a desk that is never in memory; whatever else there is to do is another
 * program's, which has the stack for itself.  A tail call and no function: the return that is saved costs an eighth of
 * the packet on processors whose kernels guard returns.
 */
enum rest { REST_ADMIT, REST_FIRST, REST_OPEN, RESTS };

#define RESTS_OF(at)                                          \
    int lvx_##at##_admit(struct at##_context* context);       \
    int lvx_##at##_first(struct at##_context* context);       \
    int lvx_##at##_open(struct at##_context* context);        \
    struct {                                                  \
        __uint(type, BPF_MAP_TYPE_PROG_ARRAY);                \
        __uint(pinning, LIBBPF_PIN_NONE);                     \
        __uint(max_entries, RESTS);                           \
        __uint(key_size, sizeof(__u32));                      \
        __array(values, int(struct at##_context*));           \
    } at##_rests SEC(".maps") = {                             \
        .values = {[REST_ADMIT] = (void*)&lvx_##at##_admit,   \
                   [REST_FIRST] = (void*)&lvx_##at##_first,   \
                   [REST_OPEN] = (void*)&lvx_##at##_open}};

RESTS_OF(xdp)
RESTS_OF(tc)

/* A hook's program, or what it goes on with, of one function; what that leaves undone is another program's. */
#define RUN(at, name, step)                                                                                   \
    STEP int at##_##name(struct at##_context* context) {                                                      \
        struct cursor cursor;                                                                                 \
        struct desk desk = {};                                                                                \
        struct passage passage = {.context = context, .hook = at##_hook, .cursor = &cursor, .desk = &desk, .fresh = 1}; \
        at##_cursor(&cursor, context);                                                                        \
        const __u32 length = cursor.length;                                                                   \
        desk.ifindex = at##_ifindex(context);                                                                 \
        const int verdict = step(&passage);                                                                   \
        if (verdict >= 0 && !is_of_kind(verdict, VERDICT_KIND_answered))                                      \
            return conclude(passage.interface->slot, verdict, length, desk.action, at##_hook);                \
        if (verdict == NEXT_FIRST) bpf_tail_call(context, &at##_rests, REST_FIRST);                           \
        if (verdict == NEXT_OPEN || REST_OF_##step == REST_OPEN) bpf_tail_call(context, &at##_rests, REST_OPEN); \
        bpf_tail_call(context, &at##_rests, REST_ADMIT);                                                      \
        return conclude(0, VERDICT_inconsistent, length, 0, at##_hook);                                       \
    }

enum { REST_OF_plain = REST_ADMIT, REST_OF_first = REST_OPEN };

RUN(xdp, run, plain)
RUN(tc, run, plain)
RUN(xdp, begin, first)
RUN(tc, begin, first)

/* The desk of a packet that plain() found to open a connection and first() left undone. */
#define OPENS(at)                                                                                             \
    __noinline int at##_opens(struct at##_context* context, struct desk* opening) {                           \
        if (!opening) return VERDICT_inconsistent;                                                            \
        struct cursor cursor;                                                                                 \
        struct desk desk = {};                                                                                \
        struct passage passage = {.context = context, .hook = at##_hook, .cursor = &cursor, .desk = &desk, .fresh = 1}; \
        at##_cursor(&cursor, context);                                                                        \
        desk.ifindex = at##_ifindex(context);                                                                 \
        return plain_opens(&passage, opening);                                                                \
    }

OPENS(xdp)
OPENS(tc)

/* The rest of a passage that is at `next`. */
#define FINISH(at)                                                                               \
    STEP int at##_finish(struct at##_context* context, struct desk* desk, int next) {            \
        const __u32 length = at##_length(context);                                               \
        if (next == NEXT_FLOW) next = at##_flow(context, desk);                                  \
        if (next == NEXT_OPEN) {                                                                 \
            if (open_connection(desk) == NEXT_PERSIST) open_persistent(desk);                    \
            next = at##_flow(context, desk);                                                     \
        }                                                                                        \
        if (next == NEXT_ERROR) {                                                                \
            at##_linearise(context);                                                             \
            at##_check_sum(context, desk);                                                       \
            next = at##_error(context, desk);                                                    \
        }                                                                                        \
        const int of_error = next == NEXT_TRANSLATE;                                             \
        if (of_error) next = at##_translate(context, desk);                                      \
        if (next == NEXT_WAY) {                                                                  \
            at##_find_way(context, desk);                                                        \
            next = of_error ? at##_translate(context, desk) : at##_flow(context, desk);          \
        }                                                                                        \
        if (next >= 0 && is_of_kind(next, VERDICT_KIND_answered)) {                              \
            desk->verdict = (__u8)next;                                                          \
            next = at##_answer(context, desk);                                                   \
        }                                                                                        \
        return conclude(desk->interface_slot, next, length, desk->action, at##_hook);            \
    }

FINISH(xdp)
FINISH(tc)

#define REST(at)                                                                                 \
    SEC(#at)                                                                                     \
    int lvx_##at##_admit(struct at##_context* context) {                                         \
        struct desk desk = {.index = DESK_EMPTY, .action = hook_drop(at##_hook)};                \
        desk.ifindex = at##_ifindex(context);                                                    \
        int next = at##_admit(context, &desk);                                                   \
        if (next == PACKET_NOT_LINEAR) {                                                         \
            at##_linearise(context);                                                             \
            next = at##_admit(context, &desk);                                                   \
        }                                                                                        \
        return at##_finish(context, &desk, next);                                                \
    }                                                                                            \
    SEC(#at)                                                                                     \
    int lvx_##at##_open(struct at##_context* context) {                                          \
        struct desk desk = {.index = DESK_EMPTY, .action = hook_drop(at##_hook)};                \
        desk.ifindex = at##_ifindex(context);                                                    \
        int next = at##_opens(context, &desk);                                                   \
        if (next == NEXT_ADMIT) next = at##_admit(context, &desk);                               \
        return at##_finish(context, &desk, next);                                                \
    }

REST(xdp)
REST(tc)

SEC("xdp")
int lvx_xdp(struct xdp_md* context) { return xdp_run(context); }

SEC("tc")
int lvx_tc(struct __sk_buff* context) { return tc_run(context); }

SEC("xdp")
int lvx_xdp_first(struct xdp_md* context) { return xdp_begin(context); }

SEC("tc")
int lvx_tc_first(struct __sk_buff* context) { return tc_begin(context); }

SEC("syscall")
int lvx_clock(struct clock_answer* answer) {
    answer->jiffies = bpf_jiffies64();
    return 0;
}
