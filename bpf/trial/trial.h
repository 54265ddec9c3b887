/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One call of the table inside the kernel: what is asked and what it answered. */
#ifndef LVX_TRIAL_TRIAL_H
#define LVX_TRIAL_TRIAL_H

#include "bpf/table/lookup.h"

TABLE_BEGIN

enum trial_operation { TRIAL_find_request, TRIAL_find_reply, TRIAL_insert, TRIAL_remove, TRIAL_name, TRIAL_renew, TRIAL_touch };

struct trial {
    struct lookup lookup;
    struct opening opening;
    __u32 operation;
    __u32 direction;
    __u32 event;
    __u32 index; /* for touch, remove and renew; name: of the service */
    __s32 answer;
    __u32 zero;
};

TABLE_END

#endif
