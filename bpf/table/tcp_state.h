/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * IPVS's connection states: direction x event x state -> state.  The TCP rows are IPVS's tables without
 * secure_tcp; a TCP event is the first of RST, SYN, FIN, ACK that the packet carries.  Datagrams have one
 * state.
 */
#ifndef LVX_TABLE_TCP_STATE_H
#define LVX_TABLE_TCP_STATE_H

#include "abi/limits.h"
#include "abi/state.h"
#include "bpf/table/portable.h"

TABLE_BEGIN

enum flow_direction {
    FLOW_input,      /* client to server */
    FLOW_output,     /* server to client */
    FLOW_input_only, /* client to server where replies do not come by here: direct routing, tunnels */
    FLOW_DIRECTIONS
};

enum flow_event { FLOW_syn, FLOW_fin, FLOW_ack, FLOW_rst, FLOW_other, FLOW_datagram, FLOW_EVENTS };

/* Bits of TCP's byte 13 (RFC 9293, 3.1). */
enum tcp_flag { TCP_FLAG_fin = 1, TCP_FLAG_syn = 2, TCP_FLAG_rst = 4, TCP_FLAG_ack = 16 };

TABLE_INLINE __u32 tcp_event(__u32 flags) {
    if (flags & TCP_FLAG_rst) return FLOW_rst;
    if (flags & TCP_FLAG_syn) return FLOW_syn;
    if (flags & TCP_FLAG_fin) return FLOW_fin;
    return flags & TCP_FLAG_ack ? FLOW_ack : FLOW_other;
}

/* 8 rows of 16 columns per direction, so that an index is made of shifts and bounded by one mask. */
enum { FLOW_EVENT_ROWS = 8, FLOW_DIRECTION_ROWS = 4 };

#define NO STATE_none
#define ES STATE_established
#define SS STATE_syn_sent
#define SR STATE_syn_recv
#define FW STATE_fin_wait
#define TW STATE_time_wait
#define CL STATE_close
#define CW STATE_close_wait
#define LA STATE_last_ack
#define LI STATE_listen
#define SA STATE_synack
#define UD STATE_udp

static const __u8 flow_transitions[FLOW_DIRECTION_ROWS][FLOW_EVENT_ROWS][STATE_LIMIT] = {
    {
        /* input        from NO  ES  SS  SR  FW  TW  CL  CW  LA  LI  SA */
        /* syn      */ {SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR},
        /* fin      */ {CL, CW, SS, TW, TW, TW, CL, CW, LA, LI, TW},
        /* ack      */ {ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES},
        /* rst      */ {CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, SR},
        /* other    */ {CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL},
        /* datagram */ {UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD},
    },
    {
        /* output       from NO  ES  SS  SR  FW  TW  CL  CW  LA  LI  SA */
        /* syn      */ {SS, ES, SS, SR, SS, SS, SS, SS, SS, LI, SR},
        /* fin      */ {TW, FW, SS, TW, FW, TW, CL, TW, LA, LI, TW},
        /* ack      */ {ES, ES, SS, ES, FW, TW, CL, CW, LA, ES, ES},
        /* rst      */ {CL, CL, SS, CL, CL, TW, CL, CL, CL, CL, CL},
        /* other    */ {CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL},
        /* datagram */ {UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD},
    },
    {
        /* input_only   from NO  ES  SS  SR  FW  TW  CL  CW  LA  LI  SA */
        /* syn      */ {SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR},
        /* fin      */ {CL, FW, SS, TW, FW, TW, CL, CW, LA, LI, TW},
        /* ack      */ {ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES},
        /* rst      */ {CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, CL},
        /* other    */ {CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL},
        /* datagram */ {UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD, UD},
    },
};

#undef NO
#undef ES
#undef SS
#undef SR
#undef FW
#undef TW
#undef CL
#undef CW
#undef LA
#undef LI
#undef SA
#undef UD

TABLE_INLINE __u32 flow_next(__u32 direction, __u32 event, __u32 state) {
    const __u8* flat = &flow_transitions[0][0][0];
    __u64 row = (direction * FLOW_EVENT_ROWS + event) * STATE_LIMIT + state;

    TABLE_OPAQUE(row); /* as in tag_store */
    return flat[row & (FLOW_DIRECTION_ROWS * FLOW_EVENT_ROWS * STATE_LIMIT - 1)];
}

#define X(name, word, seconds, active) | (active) << STATE_##name
enum { ACTIVE_STATES = 0 CONNECTION_STATES(X) };
#undef X

TABLE_INLINE __u32 state_active(__u32 state) { return (__u32)ACTIVE_STATES >> (state & 0xf) & 1; }

/* A SYN that meets its connection in one of these opens a new one, perhaps at another server: what IPVS does
 * with conn_reuse_mode=1. */
TABLE_INLINE int reschedules_on_syn(__u32 state) { return state == STATE_time_wait || state == STATE_close; }

TABLE_END

#endif
