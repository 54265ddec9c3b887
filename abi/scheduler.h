/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Schedulers by IPVS's names.  X(name, how): ring = a precomputed sequence or hash table in the pool; scan = the
 * servers' gauges are compared at connection set-up.  A scheduler is known when it has a row here.
 */
#ifndef LVX_ABI_SCHEDULER_H
#define LVX_ABI_SCHEDULER_H

#define SCHEDULERS(X) \
    X(rr, ring)       \
    X(wrr, ring)      \
    X(lc, scan)       \
    X(wlc, scan)      \
    X(sh, ring)       \
    X(mh, ring)

enum scheduler {
#define X(name, how) SCHEDULER_##name,
    SCHEDULERS(X)
#undef X
        SCHEDULER_COUNT
};

#endif
