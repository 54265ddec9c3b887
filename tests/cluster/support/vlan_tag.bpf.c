/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An 802.1Q device in two programs, for kernels without one: what leaves the end point's device is tagged, what comes
 * in has to be tagged with the same VID and loses the tag.  Anything else is dropped, so a reply without its tag
 * never arrives.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char tag_license[] SEC("license") = "Dual BSD/GPL";

enum { VID_MASK = 0xfff };

const volatile __u16 vid = 1;

SEC("tc")
int tag(struct __sk_buff *frame)
{
    return bpf_skb_vlan_push(frame, bpf_htons(ETH_P_8021Q), vid) ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int untag(struct __sk_buff *frame)
{
    if (!frame->vlan_present || (frame->vlan_tci & VID_MASK) != vid)
        return TC_ACT_SHOT;
    return bpf_skb_vlan_pop(frame) ? TC_ACT_SHOT : TC_ACT_OK;
}
