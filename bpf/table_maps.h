/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The connection table (bpf/table) on the maps of the data plane: its accessors, then its algorithms.  There
 * is one table, so `t` is always NULL and of no use; but the verifier wants to know its size.
 */
#ifndef LVX_BPF_TABLE_MAPS_H
#define LVX_BPF_TABLE_MAPS_H

#include "bpf/maps.h"

#define LVX_TABLE_STORAGE

struct table {
    __u64 none;
};

static __always_inline __u32 table_buckets(const struct table* t) { return (void)t, settings.buckets; }

static __always_inline __u64 table_seed(const struct table* t, __u32 half) {
    return (void)t, settings.seed[half];
}

static __always_inline struct tag_line* table_tags(const struct table* t, __u32 bucket) {
    return (void)t, tag_line_at(bucket);
}

static __always_inline struct connection* table_slot(const struct table* t, __u32 index) {
    return (void)t, connection_at(index);
}

static __always_inline struct service* table_service(const struct table* t, __u32 set, __u32 id) {
    return (void)t, service_at(set, id);
}

static __always_inline struct server* table_server(const struct table* t, __u32 set, __u32 id) {
    return (void)t, server_at(set, id);
}

static __always_inline struct server_load* table_load(const struct table* t, __u32 id) {
    return (void)t, server_load_at(id);
}

static __always_inline int table_has_listener(const struct table* t) {
    const struct root* header = root_get();

    return (void)t, header && header->change_feed;
}

static __always_inline struct mark_line* table_marks(const struct table* t, __u32 line) {
    return (void)t, change_marks_at(line);
}

static __always_inline struct mark_line* table_mark_lines(const struct table* t, __u32 line) {
    return (void)t, change_lines_at(line);
}

/* Last: it needs the accessors. */
#include "bpf/table/table.h"

#endif
