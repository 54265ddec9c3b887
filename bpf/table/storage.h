/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the table lives.  The algorithms reach memory only through these accessors; each returns NULL for
 * what does not exist.  Natively they follow pointers of a struct table: a mapping of the pinned maps, or
 * vectors in a test.  The data plane has defined them on its maps before it comes here (bpf/table_maps.h).
 */
#ifndef LVX_TABLE_STORAGE_H
#define LVX_TABLE_STORAGE_H

#include "abi/connection.h"
#include "abi/server.h"
#include "abi/service.h"
#include "bpf/table/portable.h"

#ifndef LVX_TABLE_STORAGE
#define LVX_TABLE_STORAGE

TABLE_BEGIN

struct table {
    struct tag_line* tags;
    struct connection* slots;
    struct service* services; /* both sets, as all below: CONFIGURATION_SETS * max_services */
    struct server* servers;
    struct server_load* loads; /* max_servers: one per id, not per set */
    struct mark_line* marks;   /* the change feed; null where nobody shall hear of what is done through this view */
    struct mark_line* mark_lines;
    const __u32* listener; /* root.change_feed */
    __u64 seed[2];
    __u32 buckets;
    __u32 max_services;
    __u32 max_servers;
    __u32 zero;
};

/* Lines of the change feed for a table of so many buckets, and lines that tell which of them have marks. */
TABLE_INLINE __u32 mark_lines_for(__u32 buckets) {
    return (__u32)(((__u64)buckets * SLOTS_PER_BUCKET + MARKS_PER_LINE - 1) / MARKS_PER_LINE);
}
TABLE_INLINE __u32 mark_line_lines_for(__u32 buckets) {
    return (mark_lines_for(buckets) + MARKS_PER_LINE - 1) / MARKS_PER_LINE;
}

TABLE_INLINE __u32 table_buckets(const struct table* t) { return t->buckets; }
TABLE_INLINE __u64 table_seed(const struct table* t, __u32 half) { return t->seed[half]; }

TABLE_INLINE struct tag_line* table_tags(const struct table* t, __u32 bucket) {
    return bucket < t->buckets ? &t->tags[bucket] : 0;
}

TABLE_INLINE struct connection* table_slot(const struct table* t, __u32 index) {
    return index / SLOTS_PER_BUCKET < t->buckets ? &t->slots[index] : 0;
}

TABLE_INLINE struct service* table_service(const struct table* t, __u32 set, __u32 id) {
    return id < t->max_services ? &t->services[set * t->max_services + id] : 0;
}

TABLE_INLINE struct server* table_server(const struct table* t, __u32 set, __u32 id) {
    return id < t->max_servers ? &t->servers[set * t->max_servers + id] : 0;
}

TABLE_INLINE struct server_load* table_load(const struct table* t, __u32 id) {
    return id < t->max_servers ? &t->loads[id] : 0;
}

TABLE_INLINE int table_has_listener(const struct table* t) { return t->marks && load_u32(t->listener); }

TABLE_INLINE struct mark_line* table_marks(const struct table* t, __u32 line) {
    return line < mark_lines_for(t->buckets) ? &t->marks[line] : 0;
}

TABLE_INLINE struct mark_line* table_mark_lines(const struct table* t, __u32 line) {
    return line < mark_line_lines_for(t->buckets) ? &t->mark_lines[line] : 0;
}

TABLE_END

#endif
#endif
