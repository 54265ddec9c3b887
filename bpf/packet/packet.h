/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The folder's door: all of bpf/packet. */
#ifndef LVX_BPF_PACKET_PACKET_H
#define LVX_BPF_PACKET_PACKET_H

#include "bpf/packet/checksum.h"
#include "bpf/packet/frame.h"
#include "bpf/packet/icmp_answer.h"
#include "bpf/packet/icmp_error.h"
#include "bpf/packet/rewrite.h"

#endif
