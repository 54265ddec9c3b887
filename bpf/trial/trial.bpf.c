/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table alone, for the verifier and for kernel_main.cc, which drives it with the same calls as its native
 * twin. */
#include "bpf/trial/trial.h"
#include "bpf/table_maps.h"

char license_text[] SEC("license") = "Dual BSD/GPL";

struct trial trial = {};

static __always_inline int trial_touch(struct lookup* lookup) {
    const struct connection* slot = table_slot(NULL, trial.index);
    const struct service* service = slot ? service_at(lookup->set, slot->service) : NULL;

    if (!service) return 0;
    return table_touch(NULL, lookup, trial.index, service, trial.direction & 3, trial.event & 7);
}

static __always_inline int trial_name(struct lookup* lookup) {
    const struct service* service = service_at(lookup->set, trial.index);
    const union address client = lookup->client;

    if (!service) return 0;
    template_name(lookup, service, trial.index, &client);
    return 1;
}

SEC("syscall")
int run(void* context) {
    struct lookup lookup = trial.lookup;
    struct opening opening = trial.opening;

    (void)context;
    switch (trial.operation) {
        case TRIAL_find_request:
            trial.answer = table_find_request(NULL, &lookup);
            break;
        case TRIAL_find_reply:
            trial.answer = table_find_reply(NULL, &lookup);
            break;
        case TRIAL_insert:
            trial.answer = table_insert(NULL, &lookup, &opening);
            break;
        case TRIAL_remove:
            trial.answer = table_remove(NULL, trial.index, lookup.control, lookup.set, lookup.now);
            break;
        case TRIAL_name:
            trial.answer = trial_name(&lookup);
            break;
        case TRIAL_renew:
            trial.answer = template_renew(NULL, &lookup, trial.index, lookup.now + opening.timeout);
            break;
        default:
            trial.answer = trial_touch(&lookup);
    }
    trial.lookup = lookup;
    trial.opening = opening;
    return 0;
}
