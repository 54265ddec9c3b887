/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connection states and their timeouts in seconds, as IPVS names and numbers them (TCP 0..10; its numbers travel in
 * the sync protocol).  UDP has one state, and a template of persistence another that no packet leaves; its timeout is its
 * service's.  X(name, word shown by "ipvsadm -Lc", seconds, counted as active)
 */
#ifndef LVX_ABI_STATE_H
#define LVX_ABI_STATE_H

#define CONNECTION_STATES(X)             \
    X(none, "NONE", 2, 0)                \
    X(established, "ESTABLISHED", 900, 1) \
    X(syn_sent, "SYN_SENT", 120, 1)      \
    X(syn_recv, "SYN_RECV", 60, 1)       \
    X(fin_wait, "FIN_WAIT", 120, 0)      \
    X(time_wait, "TIME_WAIT", 120, 0)    \
    X(close, "CLOSE", 10, 0)             \
    X(close_wait, "CLOSE_WAIT", 60, 0)   \
    X(last_ack, "LAST_ACK", 30, 0)       \
    X(listen, "LISTEN", 120, 0)          \
    X(synack, "SYNACK", 120, 1)          \
    X(udp, "UDP", 300, 0)                \
    X(template, "NONE", 300, 0)

enum connection_state {
#define X(name, word, seconds, active) STATE_##name,
    CONNECTION_STATES(X)
#undef X
        STATE_COUNT
};

#endif
