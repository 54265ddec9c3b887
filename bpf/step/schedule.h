/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which real server a new connection gets.  Decisions are IPVS's (list order, ties, hashes), from the words the
 * daemon laid into the pool.  A server is usable when it is configured, has weight and is not overloaded.
 *
 *   rr, wrr   take the next ticket of the sequence; a server that is not usable costs one more ticket
 *   sh, mh    the client's place in the ring; if that server is not usable, the fallback's places or nobody
 *   lc, wlc   compare gauges; beyond SCAN_LIMIT servers a random sample is compared instead of all
 */
#ifndef LVX_BPF_STEP_SCHEDULE_H
#define LVX_BPF_STEP_SCHEDULE_H

#include "bpf/maps.h"
#include "bpf/schedule/hash.h"
#include "bpf/schedule/least.h"
#include "bpf/schedule/sequence.h"

enum {
    AVOID_LIMIT = 2,     /* servers the client port reaches already: reply_ambiguous when every choice is one */
    TICKET_LIMIT = 4096, /* tickets drawn before a sequence of unusable servers is given up */
    SCAN_SAMPLE = 16,    /* usable servers compared beyond SCAN_LIMIT */
};

/* Why a server is wanted; handed to choose_server() by address, so all of it must be set. */
struct choice {
    __u32 set;
    __u32 service;
    __u32 fold; /* client's address, see address_fold() */
    __u32 port; /* client's, host order */
    __u32 avoid[AVOID_LIMIT];
};

static __always_inline const struct server* usable_server(const struct choice* choice, __u32 id) {
    if (id == choice->avoid[0] || id == choice->avoid[1]) return NULL; /* ID_NONE is avoided by the bound below */
    const struct server* server = server_at(choice->set, id);
    if (!server || !(server->flags & SERVER_AVAILABLE) || server->weight == 0) return NULL;
    const struct server_load* load = server_load_at(id);
    if (!load || load->overloaded) return NULL;
    return server;
}

/* A word of the set's half of the pool, or ID_NONE outside it.  Global: where in the pool a search looks must not tell
 * one verifier state from another, or a binary search is two to the number of its steps. */
__noinline __u32 pool_read(__u32 set, __u32 offset) {
    const __u32* word = pool_word(set, offset);
    return word ? *word : ID_NONE;
}

/* The same where no search depends on it. */
static __always_inline __u32 pool_peek(__u32 set, __u32 offset) {
    const __u32* word = pool_word(set, offset);
    return word ? *word : ID_NONE;
}

static __always_inline struct segment segment_read(__u32 set, __u32 at) {
    struct segment segment = {
        pool_read(set, at), pool_read(set, at + 1), pool_read(set, at + 2)};
    return segment;
}

/* The last segment that does not begin after `position`. */
static __always_inline struct segment segment_find(__u32 set, const struct service* service, __u32 position) {
    __u32 low = 0, high = service->segments;
    for (int step = 0; step < SEGMENT_STEPS && low + 1 < high; ++step) {
        const __u32 middle = (low + high) / 2;
        const __u32 first = pool_read(set, service->segments_at + middle * SEGMENT_WORDS);
        if (first <= position) low = middle;
        else high = middle;
    }
    return segment_read(set, service->segments_at + low * SEGMENT_WORDS);
}

struct draw {
    const struct choice* choice;
    const struct service* service;
    struct schedule_cursor* cursor;
    __u32 chosen;
    __u32 zero;
};

/* Offset from ring_at of the word for a ticket.  rr's one segment begins at 0 and is as long as its period. */
static __always_inline __u32 ticket_word(__u32 set, const struct service* service, __u32 position) {
    if (service->scheduler == SCHEDULER_rr) return position;
    const struct segment segment = segment_find(set, service, position);
    return segment_word(&segment, position);
}

static __always_inline int draw_one(struct draw* draw) {
    const struct service* service = draw->service;
    const __u32 set = draw->choice->set;
    const __u64 drawn = __sync_fetch_and_add(&draw->cursor->position, 1);
    const __u32 position = (__u32)(drawn % service->ring_period);
    const __u32 id = pool_peek(set, service->ring_at + ticket_word(set, service, position));
    if (!usable_server(draw->choice, id)) return 0;
    draw->chosen = id;
    return 1;
}

static long draw_ticket(__u32 ticket, struct draw* draw) {
    (void)ticket;
    return draw_one(draw);
}

static __always_inline __u32 choose_by_sequence(const struct choice* choice, const struct service* service) {
    struct draw draw = {choice, service, schedule_cursor_at(choice->service), ID_NONE, 0};
    if (!draw.cursor) return ID_NONE;
    if (!draw_one(&draw)) bpf_loop(TICKET_LIMIT - 1, draw_ticket, &draw, 0);
    return draw.chosen;
}

/* A place of sh's or mh's ring tried after another; an empty place ends the search. */
struct fallback {
    const struct choice* choice;
    const struct service* service;
    __u32 port;
    __u32 first;
    __u32 chosen;
    __u32 zero;
};

static __always_inline long fallback_try(struct fallback* fallback, __u32 place) {
    const __u32 id = pool_read(fallback->choice->set, fallback->service->ring_at + place);
    if (id == ID_NONE) return 1;
    if (!usable_server(fallback->choice, id)) return 0;
    fallback->chosen = id;
    return 1;
}

static long sh_attempt(__u32 attempt, struct fallback* fallback) {
    return fallback_try(fallback, sh_fallback_bucket(fallback->first, attempt));
}

static long mh_attempt(__u32 attempt, struct fallback* fallback) {
    const __u32 size = fallback->service->ring_period;
    return fallback_try(fallback, mh_fallback_slot(fallback->choice->fold, (__u16)fallback->port, fallback->first,
                                                   attempt, size));
}

static __always_inline __u32 choose_by_hash(const struct choice* choice, const struct service* service) {
    const __u32 port = service->flags & SERVICE_SCHED_2 ? choice->port : 0;
    const int is_sh = service->scheduler == SCHEDULER_sh;
    const __u32 first = is_sh ? sh_bucket(choice->fold, (__u16)port)
                              : mh_slot(choice->fold, (__u16)port, service->ring_period);
    const __u32 id = pool_read(choice->set, service->ring_at + first);
    if (id == ID_NONE || usable_server(choice, id)) return id;
    if (!(service->flags & SERVICE_SCHED_1)) return ID_NONE;

    struct fallback fallback = {choice, service, port, first, ID_NONE, 0};
    if (is_sh) bpf_loop(SH_BUCKETS, sh_attempt, &fallback, 0);
    else bpf_loop(service->ring_period, mh_attempt, &fallback, 0);
    return fallback.chosen;
}

/* The best of the servers looked at so far. */
struct race {
    const struct choice* choice;
    const struct service* service;
    struct contender least;
    __u32 chosen;
    __u32 compared;
};

static __always_inline void race_run(struct race* race, __u32 place) {
    const __u32 at = race->service->servers_at + 2 * place;
    const __u32 id = pool_read(race->choice->set, at);
    const struct server* server = usable_server(race->choice, id);
    const struct server_load* load = server_load_at(id);
    if (!server || !load) return;
    const int weighted = race->service->scheduler == SCHEDULER_wlc;
    const struct contender contender = {load_overhead(load->active, load->total), weighted ? server->weight : 1};
    race->compared += 1;
    if (race->chosen != ID_NONE && !contender_beats(&contender, &race->least)) return;
    race->least = contender;
    race->chosen = id;
}

static long race_each(__u32 place, struct race* race) {
    race_run(race, place);
    return 0;
}

static long race_some(__u32 attempt, struct race* race) {
    (void)attempt;
    race_run(race, bpf_get_prandom_u32() % race->service->servers);
    return race->compared >= SCAN_SAMPLE;
}

static __always_inline __u32 choose_by_load(const struct choice* choice, const struct service* service) {
    struct race race = {choice, service, {0, 0}, ID_NONE, 0};
    if (service->servers <= SCAN_LIMIT) bpf_loop(service->servers, race_each, &race, 0);
    else bpf_loop(SCAN_LIMIT, race_some, &race, 0);
    return race.chosen;
}

/* A server's id, or ID_NONE.  Global, so that it is verified once and on a stack of its own. */
__noinline __u32 choose_server(const struct choice* choice) {
    if (!choice) return ID_NONE;
    const struct service* service = service_at(choice->set, choice->service);
    if (!service || service->servers == 0) return ID_NONE;
    switch (service->scheduler) {
        case SCHEDULER_rr:
        case SCHEDULER_wrr: return service->ring_period ? choose_by_sequence(choice, service) : ID_NONE;
        case SCHEDULER_sh:
        case SCHEDULER_mh: return service->ring_period ? choose_by_hash(choice, service) : ID_NONE;
        case SCHEDULER_lc:
        case SCHEDULER_wlc: return choose_by_load(choice, service);
        default: return ID_NONE;
    }
}

#endif
