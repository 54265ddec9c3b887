/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses that several directors share and one answers for.  When root.lease_end is over, nothing to them is answered:
 * no ARP request, no neighbour solicitation, no packet.  A hash of the address (bpf/table/guard.h) says where to begin;
 * up to GUARD_PROBES places on, an empty place ends the search.
 */
#ifndef LVX_ABI_GUARD_H
#define LVX_ABI_GUARD_H

#include "abi/address.h"
#include "abi/limits.h"

ABI_BEGIN

struct guarded_address {
    union address address; /* all zeros: an empty place */
};
ABI_ASSERT_SIZE(struct guarded_address, 16);

/* Values of root.lease_end that are no time: jiffies begin far above them. */
enum { LEASE_NONE = 0, LEASE_OVER = 1 };

/*
 * The right to begin connections is shorter, where a standby is in step: nobody would know those that a dead director
 * begins before its lease is over.  When root.opening_end is over, and the lease is not, first packets are dropped; the
 * client's next one meets the new master.
 */
enum { OPENING_UNLIMITED = 0 };

/*
 * Right after the addresses moved, at either director, a connection that the other one has just begun may not be known yet:
 * its standby hears of it within a millisecond, or a few where its processors are busy.  Until root.settling_end a packet
 * of TCP that belongs to no connection and cannot open one is dropped, and comes again; the kernel would reset it.
 */
enum { SETTLING_MS = 200 };

ABI_END

#endif
