/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map, and the accessors through which steps and the connection table reach them.  All are arrays the daemon
 * maps into its memory, but for the index of services.  Sizes and pins are the loader's (src/dataplane): max_entries
 * stands here only where it is a constant of the ABI.
 */
#ifndef LVX_BPF_MAPS_H
#define LVX_BPF_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi/connection.h"
#include "abi/counter.h"
#include "abi/filter.h"
#include "abi/guard.h"
#include "abi/handshake.h"
#include "abi/held.h"
#include "abi/interface.h"
#include "abi/root.h"
#include "abi/server.h"
#include "abi/service.h"
#include "abi/settings.h"
#include "abi/verdict.h"

const volatile struct settings settings = {};

#define SHARED_ARRAY(name, element, entries)  \
    struct {                                  \
        __uint(type, BPF_MAP_TYPE_ARRAY);     \
        __uint(map_flags, BPF_F_MMAPABLE);    \
        __uint(pinning, LIBBPF_PIN_NONE);     \
        __uint(max_entries, entries);         \
        __type(key, __u32);                   \
        __type(value, element);               \
    } name SEC(".maps")

SHARED_ARRAY(root, struct root, 1);
SHARED_ARRAY(connection_tags, struct tag_line, 1);
SHARED_ARRAY(connections, struct connection, SLOTS_PER_BUCKET);
SHARED_ARRAY(change_marks, struct mark_line, 1);
SHARED_ARRAY(change_lines, struct mark_line, 1);
SHARED_ARRAY(services, struct service, CONFIGURATION_SETS);
SHARED_ARRAY(servers, struct server, CONFIGURATION_SETS);
SHARED_ARRAY(server_loads, struct server_load, 1);
SHARED_ARRAY(pool, struct pool_line, CONFIGURATION_SETS);
SHARED_ARRAY(schedule_cursors, struct schedule_cursor, 1);
SHARED_ARRAY(nexthops, struct nexthop, 1);
SHARED_ARRAY(interfaces, struct interface, INTERFACE_INDEX_SIZE);
SHARED_ARRAY(address_filter, struct filter_line, FILTER_LINES);
SHARED_ARRAY(handshakes, struct handshake, HANDSHAKE_PLACES);
SHARED_ARRAY(server_delays, struct server_delay, 1);
SHARED_ARRAY(guarded, struct guarded_address, GUARD_PLACES);
SHARED_ARRAY(verdict_counters, struct verdict_counter, INTERFACE_LIMIT * VERDICT_LIMIT);
SHARED_ARRAY(service_counters, struct traffic_counter, 1);
SHARED_ARRAY(server_counters, struct traffic_counter, 1);

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(pinning, LIBBPF_PIN_NONE);
    __uint(max_entries, 1);
    __type(key, struct service_key);
    __type(value, struct service_id);
} service_ids SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(pinning, LIBBPF_PIN_NONE);
    __uint(max_entries, HELD_QUEUE_BYTES);
} held_answers SEC(".maps");

#define ARRAY_ACCESSOR(name, map, element)                                 \
    static __always_inline element* name(__u32 index) {                    \
        return (element*)bpf_map_lookup_elem(&map, &index);                \
    }

ARRAY_ACCESSOR(tag_line_at, connection_tags, struct tag_line)
ARRAY_ACCESSOR(connection_at, connections, struct connection)
ARRAY_ACCESSOR(change_marks_at, change_marks, struct mark_line)
ARRAY_ACCESSOR(change_lines_at, change_lines, struct mark_line)
ARRAY_ACCESSOR(server_load_at, server_loads, struct server_load)
ARRAY_ACCESSOR(schedule_cursor_at, schedule_cursors, struct schedule_cursor)
ARRAY_ACCESSOR(nexthop_at, nexthops, struct nexthop)
ARRAY_ACCESSOR(verdict_counter_at, verdict_counters, struct verdict_counter)
ARRAY_ACCESSOR(service_counter_at, service_counters, struct traffic_counter)
ARRAY_ACCESSOR(server_counter_at, server_counters, struct traffic_counter)
ARRAY_ACCESSOR(interface_at, interfaces, struct interface)
ARRAY_ACCESSOR(filter_line_at, address_filter, struct filter_line)
ARRAY_ACCESSOR(handshake_at, handshakes, struct handshake)
ARRAY_ACCESSOR(server_delay_at, server_delays, struct server_delay)
ARRAY_ACCESSOR(guarded_at, guarded, struct guarded_address)
ARRAY_ACCESSOR(pool_line_at, pool, struct pool_line)
ARRAY_ACCESSOR(service_row, services, struct service)
ARRAY_ACCESSOR(server_row, servers, struct server)

static __always_inline struct root* root_get(void) {
    __u32 zero = 0;
    return (struct root*)bpf_map_lookup_elem(&root, &zero);
}

/* Rows of a configuration set; an id outside its half never reaches the other one's. */
static __always_inline struct service* service_at(__u32 set, __u32 id) {
    return id < settings.max_services ? service_row(set * settings.max_services + id) : NULL;
}

static __always_inline struct server* server_at(__u32 set, __u32 id) {
    return id < settings.max_servers ? server_row(set * settings.max_servers + id) : NULL;
}

/* A word of the set's half of the pool; NULL outside it. */
static __always_inline const __u32* pool_word(__u32 set, __u32 offset) {
    __u32 word = set * settings.pool_words + offset;
    if (offset >= settings.pool_words) return NULL;
    const struct pool_line* line = pool_line_at(word / POOL_LINE_WORDS);
    if (!line) return NULL;
    return &line->words[word % POOL_LINE_WORDS];
}

static __always_inline __u32 tick_at(__u64 jiffies) {
    return (__u32)(jiffies >> settings.tick_shift);
}

#endif
