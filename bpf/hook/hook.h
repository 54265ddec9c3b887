/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the two hooks do differently, under one name each: rewriting a frame whose checksum the device may still have
 * to finish, moving its start and end, its VLAN tag, and sending it.  passage->hook is a constant, so a call is a call
 * of one of both adapters.  A hook that returns HOOK_FAILED was refused by the kernel.
 */
#ifndef LVX_BPF_HOOK_HOOK_H
#define LVX_BPF_HOOK_HOOK_H

#include "bpf/step/passage.h"

enum { HOOK_FAILED = -2 }; /* no action of either hook has this number */

STEP enum answer_kind answer_kind_of(int verdict) {
    if (verdict == VERDICT_ttl_expired) return ANSWER_TIME_EXCEEDED;
    return verdict == VERDICT_too_big ? ANSWER_TOO_BIG : ANSWER_PORT_UNREACHABLE;
}

#include "bpf/hook/tc.h"
#include "bpf/hook/xdp.h"

/* Destination becomes the server's, one hop less. */
STEP void hook_rewrite_request(struct passage* passage, const union address* server, __be16 port) {
    if (passage->hook == HOOK_TC) tc_note(passage, server, port);
    rewrite_request(&passage->frame, server, port, passage->hook == HOOK_TC ? SUM_UNTOUCHED : SUM_COMPLETE);
}

/* Source becomes the virtual one, one hop less. */
STEP void hook_rewrite_reply(struct passage* passage, const union address* from, __be16 port) {
    if (passage->hook == HOOK_TC) tc_note(passage, from, port);
    rewrite_reply(&passage->frame, from, port, passage->hook == HOOK_TC ? SUM_UNTOUCHED : SUM_COMPLETE);
}

STEP void hook_rewrite_hop(struct passage* passage) {
    if (passage->hook == HOOK_TC) tc_note_hop(passage);
    rewrite_ttl(&passage->frame);
}

/* For rewriters that keep every checksum themselves. */
STEP void hook_note_hop(struct passage* passage) {
    if (passage->hook == HOOK_TC) tc_note_hop(passage);
}

/* What only the hook knows of a parsed frame: its VLAN, and the length of what travels. */
STEP void hook_measure(struct passage* passage) {
    if (passage->hook == HOOK_TC) tc_measure(passage);
    else xdp_measure(passage);
}

/* The verdict given, or frame_refused. */
STEP int hook_send(struct passage* passage, int verdict) {
    passage->desk->action = passage->hook == HOOK_TC ? tc_send(passage) : xdp_send(passage);
    return passage->desk->action == HOOK_FAILED ? VERDICT_frame_refused : verdict;
}

STEP int hook_answer(struct passage* passage, int verdict, const union address* from) {
    const enum answer_kind kind = answer_kind_of(verdict);
    passage->desk->action = passage->hook == HOOK_TC ? tc_send_answer(passage, kind, from) : xdp_send_answer(passage, kind, from);
    return passage->desk->action == HOOK_FAILED ? VERDICT_frame_refused : verdict;
}

STEP int hook_pass(enum hook hook) {
    return hook == HOOK_TC ? TC_ACT_UNSPEC : (int)XDP_PASS;
}

STEP int hook_drop(enum hook hook) {
    return hook == HOOK_TC ? TC_ACT_SHOT : (int)XDP_DROP;
}

#endif
