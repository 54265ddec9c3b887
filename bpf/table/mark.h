/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Telling the change feed (abi/connection.h) that a slot's connection began, changed its state or ended.  Called after
 * the compare-and-swap that did it, which is a full barrier: who clears the mark and then reads the slot sees it.
 */
#ifndef LVX_TABLE_MARK_H
#define LVX_TABLE_MARK_H

#include "bpf/table/storage.h"

TABLE_BEGIN

TABLE_INLINE void table_mark_as(const struct table* t, __u32 index, enum mark why) {
    __u32 line = index / MARKS_PER_LINE;
    struct mark_line *marks, *lines;

    if (!table_has_listener(t)) return;
    marks = table_marks(t, line);
    lines = table_mark_lines(t, line / MARKS_PER_LINE);
    if (!marks || !lines) return;
    store_u8(&marks->marks[index % MARKS_PER_LINE], (__u8)why);
    store_u8(&lines->marks[line % MARKS_PER_LINE], 1);
}

TABLE_INLINE void table_mark(const struct table* t, __u32 index) { table_mark_as(t, index, MARK_changed); }

TABLE_END

#endif
