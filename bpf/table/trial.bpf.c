/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table alone, for the verifier and for table_kernel_test.cc, which drives it with the same calls as its
 * native twin. */

#include "bpf/table/table.h"

char license_text[] SEC("license") = "Dual BSD/GPL";

struct trial {
    struct lookup lookup;
    struct opening opening;
    __u32 operation;
    __u32 flow;
    __s32 index; /* in for touch and remove, out for the others */
    __s32 answer;
};

struct trial trial = {};

SEC("syscall")
int run(void* context) {
    struct lookup lookup = trial.lookup;
    struct opening opening = trial.opening;
    struct connection* slot;
    struct service* service;

    (void)context;
    switch (trial.operation) {
        case 0:
            trial.answer = table_find_request(NULL, &lookup);
            break;
        case 1:
            trial.answer = table_find_reply(NULL, &lookup);
            break;
        case 2:
            trial.answer = table_insert(NULL, &lookup, &opening);
            break;
        case 3:
            trial.answer = table_remove(NULL, trial.index, lookup.control, lookup.set, lookup.now);
            break;
        default:
            slot = table_slot(NULL, trial.index);
            if (!slot) return 1;
            service = service_at(lookup.set, slot->service);
            if (!service) return 1;
            trial.answer =
                table_touch(NULL, &lookup, trial.index, service, trial.flow >> 8 & 3, trial.flow & 7);
    }
    trial.lookup = lookup;
    trial.opening = opening;
    return 0;
}
