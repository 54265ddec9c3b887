/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The connection table: the door.  One algorithm, compiled for BPF and natively; layout in abi/connection.h.
 *
 *   table_find_request, table_find_reply   lookup of an established connection: index of its slot or
 * TABLE_MISS table_touch    refresh and state change of a found connection table_insert   a new connection,
 * or the one another CPU made at the same moment table_remove   ends a connection now sweep.h        native
 * only: expiry in slices, consistent reading, sizes
 *
 * Invariants:
 *  - A slot's fields and tag are written only by whoever moved its control word to "claimed", so a live
 * slot's tag is always right and stale tags do not exist.
 *  - Gauges count up before a connection becomes live (or active) and down after it ceased to be, each by
 * whoever's compare-and-swap succeeded: they are never too small and exact at rest.
 */
#ifndef LVX_TABLE_TABLE_H
#define LVX_TABLE_TABLE_H

#include "bpf/table/control.h"
#include "bpf/table/find.h"
#include "bpf/table/gauge.h"
#include "bpf/table/hash.h"
#include "bpf/table/insert.h"
#include "bpf/table/remove.h"
#include "bpf/table/storage.h"
#include "bpf/table/tcp_state.h"
#include "bpf/table/template.h"
#include "bpf/table/touch.h"

#endif
