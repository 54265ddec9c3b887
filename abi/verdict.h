/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every way a packet can end, once.  X(name, kind, sentence).  kind: pass = to the kernel, untouched unless said;
 * sent = left by the data plane; answered = an ICMP error of ours went back; dropped = the sentence says why.
 * The sum over all verdicts is the number of packets seen.
 */
#ifndef LVX_ABI_VERDICT_H
#define LVX_ABI_VERDICT_H

#define VERDICTS(X)                                                                                              \
    X(not_ip, pass, "neither IPv4 nor IPv6, ARP for example")                                                     \
    X(other_station, pass, "addressed to another station's MAC, to a group or to all")                            \
    X(not_ours, pass, "neither to a virtual service nor from a real server")                                      \
    X(other_protocol, pass, "to a virtual address with a protocol that is not balanced, ping for example")        \
    X(unknown_flow, pass, "to a virtual service, belongs to no connection and may not open one")                  \
    X(unknown_reply, pass, "from a real server, belongs to no connection")                                        \
    X(unknown_error, pass, "an ICMP error about no connection of ours")                                           \
    X(unknown_interface, pass, "came in on an interface the daemon has not described yet")                        \
    X(request_opened, sent, "first packet of a new connection, sent to its real server")                          \
    X(request_sent, sent, "sent to its real server")                                                              \
    X(reply_sent, sent, "sent to its client")                                                                     \
    X(answer_held, sent, "a SYN-ACK that leaves as soon as a standby knows its connection (director_sync strict)") \
    X(error_to_server, sent, "an ICMP error about a reply, translated and sent to the real server")               \
    X(error_to_client, sent, "an ICMP error about a request, translated and sent to the client")                  \
    X(no_server, answered, "no real server is usable: ICMP port unreachable")                                     \
    X(ttl_expired, answered, "time to live ran out here: ICMP time exceeded")                                     \
    X(too_big, answered, "larger than the next hop's MTU and not to be fragmented: ICMP says how much fits")      \
    X(no_server_silent, dropped, "no real server is usable and no answer could be made")                          \
    X(server_gone, dropped, "its real server was removed; the connection runs out")                               \
    X(no_neighbour, dropped, "the next hop's MAC is not known")                                                   \
    X(no_route, dropped, "no route back to the client")                                                           \
    X(table_full, dropped, "no place for a new connection in either bucket")                                      \
    X(contended, dropped, "other CPUs kept changing the place it wanted")                                         \
    X(reply_ambiguous, dropped, "the client port already reaches every usable real server by another address")   \
    X(hold_full, dropped, "too many SYN-ACKs wait for a standby; its server will send it again")                   \
    X(opening_lapsed, dropped, "first packet of a new connection while the daemon gives no sign of life and a standby will take over") \
    X(unsettled, dropped, "of a connection that is not known yet, right after a takeover; it will be sent again")          \
    X(fragment, dropped, "a fragment to or from a virtual service")                                               \
    X(fenced, dropped, "the daemon has not renewed its lease: another director may own the address by now")          \
    X(bad_ethernet, dropped, "frame too short for its Ethernet or VLAN header")                                   \
    X(bad_ipv4, dropped, "IPv4 header shorter than it says, or lengths that contradict each other")               \
    X(bad_ipv6, dropped, "IPv6 header or extension headers cut short, too many, or with IPv4 addresses")            \
    X(bad_tcp, dropped, "TCP header cut short or its length wrong")                                               \
    X(bad_udp, dropped, "UDP header cut short")                                                                   \
    X(bad_icmp, dropped, "ICMP error cut short or with a wrong checksum")                                         \
    X(frame_refused, dropped, "the kernel refused to resize, retag or redirect the frame")                        \
    X(inconsistent, dropped, "a table names an entry that does not exist; report this")

enum verdict {
#define X(name, kind, sentence) VERDICT_##name,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
};

enum verdict_kind { VERDICT_KIND_pass, VERDICT_KIND_sent, VERDICT_KIND_answered, VERDICT_KIND_dropped };

#endif
