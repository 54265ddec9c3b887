#include "net/netlink_message.hh"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace lvx::net {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t aligned(std::size_t length) { return (length + 3) & ~std::size_t{3}; }

// Copies a fixed header off the front; nullopt when the bytes are too few.
template <class Header>
std::optional<Header> read(Bytes bytes) {
    if (bytes.size() < sizeof(Header)) return std::nullopt;
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    return header;
}

template <class Header>
Bytes behind(Bytes bytes) {
    return bytes.subspan(std::min(bytes.size(), aligned(sizeof(Header))));
}

// Calls `visit(type, payload)` for each attribute that lies wholly within `bytes`.
template <class Visit>
void each_attribute(Bytes bytes, Visit visit) {
    while (const auto header = read<nlattr>(bytes)) {
        if (header->nla_len < sizeof(nlattr) || header->nla_len > bytes.size()) return;
        visit(header->nla_type & NLA_TYPE_MASK, bytes.subspan(sizeof(nlattr), header->nla_len - sizeof(nlattr)));
        bytes = bytes.subspan(std::min(bytes.size(), aligned(header->nla_len)));
    }
}

template <class Integer>
Integer number(Bytes payload) {
    return read<Integer>(payload).value_or(0);
}

std::string text(Bytes payload) {
    const auto end = std::ranges::find(payload, std::uint8_t{0});
    return {payload.begin(), end};
}

Mac mac(Bytes payload) {
    Mac result{};
    if (payload.size() == result.size()) std::ranges::copy(payload, result.begin());
    return result;
}

std::optional<Address> address(int family, Bytes payload) {
    if (family == AF_INET && payload.size() >= 4)
        return Address::v4(std::uint32_t{payload[0]} << 24 | std::uint32_t{payload[1]} << 16 |
                           std::uint32_t{payload[2]} << 8 | payload[3]);
    if (family != AF_INET6 || payload.size() < 16) return std::nullopt;
    std::array<std::uint8_t, 16> bytes;
    std::copy_n(payload.begin(), bytes.size(), bytes.begin());
    return Address::v6(bytes);
}

std::uint8_t widest(int family) { return family == AF_INET ? 32 : 128; }

// --- links

void read_link_info(Link& link, Bytes info) {
    Bytes data;
    each_attribute(info, [&](int type, Bytes payload) {
        if (type == IFLA_INFO_KIND) link.kind = text(payload);
        if (type == IFLA_INFO_DATA) data = payload;
    });
    if (link.kind != "vlan") return;
    each_attribute(data, [&](int type, Bytes payload) {
        if (type == IFLA_VLAN_ID) link.vlan = number<std::uint16_t>(payload);
    });
}

bool stands_on_another(const Link& link) {
    return link.kind == "vlan" || link.kind == "macvlan" || link.kind == "ipvlan";
}

// A bridge sends news of its ports (family AF_BRIDGE) in the form of links that come and go; they are not.
std::optional<Event> link_event(bool gone, Bytes body) {
    const auto header = read<ifinfomsg>(body);
    if (!header || header->ifi_family != AF_UNSPEC || header->ifi_index <= 0) return std::nullopt;
    Link link{.ifindex = static_cast<std::uint32_t>(header->ifi_index),
              .up = (header->ifi_flags & IFF_UP) != 0 && (header->ifi_flags & IFF_RUNNING) != 0,
              .loopback = (header->ifi_flags & IFF_LOOPBACK) != 0};
    if (gone) return LinkGone{link.ifindex};

    std::uint32_t below = 0;
    bool below_is_elsewhere = false;
    each_attribute(behind<ifinfomsg>(body), [&](int type, Bytes payload) {
        if (type == IFLA_IFNAME) link.name = text(payload);
        if (type == IFLA_ADDRESS) link.mac = mac(payload);
        if (type == IFLA_MTU) link.mtu = number<std::uint32_t>(payload);
        if (type == IFLA_MASTER) link.master = number<std::uint32_t>(payload);
        if (type == IFLA_LINK) below = number<std::uint32_t>(payload);
        if (type == IFLA_LINK_NETNSID) below_is_elsewhere = true;
        if (type == IFLA_LINKINFO) read_link_info(link, payload);
    });
    if (stands_on_another(link) && !below_is_elsewhere && below != link.ifindex) link.lower = below;
    return LinkSet{std::move(link)};
}

// --- addresses

std::optional<Event> address_event(bool gone, Bytes body) {
    const auto header = read<ifaddrmsg>(body);
    if (!header || header->ifa_prefixlen > widest(header->ifa_family)) return std::nullopt;
    std::optional<Address> local, peer;
    each_attribute(behind<ifaddrmsg>(body), [&](int type, Bytes payload) {
        if (type == IFA_LOCAL) local = address(header->ifa_family, payload);
        if (type == IFA_ADDRESS) peer = address(header->ifa_family, payload);
    });
    if (!local) local = peer;  // IPv6 without a peer has IFA_ADDRESS alone
    if (!local) return std::nullopt;
    const LocalAddress result{header->ifa_index, *local, header->ifa_prefixlen};
    if (gone) return AddressGone{result};
    return AddressSet{result};
}

// --- routes

std::uint32_t route_mtu(Bytes metrics) {
    std::uint32_t mtu = 0;
    each_attribute(metrics, [&](int type, Bytes payload) {
        if (type == RTAX_MTU) mtu = number<std::uint32_t>(payload);
    });
    return mtu;
}

// RTA_VIA: a gateway of another family than the route's (RFC 5549).
std::optional<Address> via(Bytes payload) {
    const auto family = read<std::uint16_t>(payload);
    return family ? address(*family, payload.subspan(sizeof(std::uint16_t))) : std::nullopt;
}

void read_gateway(Route& route, int family, int type, Bytes payload) {
    if (type == RTA_GATEWAY) route.gateway = address(family, payload);
    if (type == RTA_VIA) route.gateway = via(payload);
}

std::vector<Route> hops_of(const Route& common, int family, Bytes multipath) {
    std::vector<Route> hops;
    while (const auto header = read<rtnexthop>(multipath)) {
        if (header->rtnh_len < sizeof(rtnexthop) || header->rtnh_len > multipath.size()) break;
        Route hop = common;
        hop.ifindex = static_cast<std::uint32_t>(header->rtnh_ifindex);
        each_attribute(multipath.subspan(sizeof(rtnexthop), header->rtnh_len - sizeof(rtnexthop)),
                       [&](int type, Bytes payload) { read_gateway(hop, family, type, payload); });
        hops.push_back(hop);
        multipath = multipath.subspan(std::min(multipath.size(), aligned(header->rtnh_len)));
    }
    return hops;
}

struct RouteMessage {
    std::vector<Route> hops;
    std::uint32_t table = 0;
};

RouteMessage read_route(const rtmsg& header, Bytes attributes) {
    Route route{.destination = {header.rtm_family == AF_INET ? Address() : Address::v6({}), header.rtm_dst_len}};
    RouteMessage result{.table = header.rtm_table};
    Bytes multipath;
    each_attribute(attributes, [&](int type, Bytes payload) {
        if (type == RTA_DST) route.destination.address = address(header.rtm_family, payload).value_or(Address());
        if (type == RTA_OIF) route.ifindex = number<std::uint32_t>(payload);
        if (type == RTA_PRIORITY) route.metric = number<std::uint32_t>(payload);
        if (type == RTA_TABLE) result.table = number<std::uint32_t>(payload);
        if (type == RTA_METRICS) route.mtu = route_mtu(payload);
        if (type == RTA_MULTIPATH) multipath = payload;
        read_gateway(route, header.rtm_family, type, payload);
    });
    result.hops = multipath.empty() ? std::vector{route} : hops_of(route, header.rtm_family, multipath);
    return result;
}

std::optional<Event> route_event(bool gone, bool replace, Bytes body) {
    const auto header = read<rtmsg>(body);
    if (!header || header->rtm_type != RTN_UNICAST || (header->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
    if (header->rtm_family != AF_INET && header->rtm_family != AF_INET6) return std::nullopt;
    if (header->rtm_dst_len > widest(header->rtm_family)) return std::nullopt;
    RouteMessage message = read_route(*header, behind<rtmsg>(body));
    std::erase_if(message.hops, [](const Route& hop) { return hop.ifindex == 0; });
    if (message.table != RT_TABLE_MAIN || message.hops.empty()) return std::nullopt;
    if (gone) return RouteGone{std::move(message.hops)};
    return RouteSet{std::move(message.hops), replace};
}

// --- neighbours

std::optional<NeighbourState> neighbour_state(unsigned state) {
    switch (state) {
        case NUD_NONE:
        case NUD_INCOMPLETE: return NeighbourState::incomplete;
        case NUD_REACHABLE: return NeighbourState::reachable;
        case NUD_STALE: return NeighbourState::stale;
        case NUD_DELAY: return NeighbourState::delay;
        case NUD_PROBE: return NeighbourState::probe;
        case NUD_FAILED: return NeighbourState::failed;
        case NUD_NOARP: return NeighbourState::noarp;
        case NUD_PERMANENT: return NeighbourState::permanent;
        default: return std::nullopt;
    }
}

std::optional<Event> neighbour_event(bool gone, Bytes body) {
    const auto header = read<ndmsg>(body);
    if (!header || header->ndm_ifindex <= 0 || (header->ndm_flags & NTF_PROXY) != 0) return std::nullopt;
    Neighbour neighbour{.ifindex = static_cast<std::uint32_t>(header->ndm_ifindex)};
    std::optional<Address> destination;
    each_attribute(behind<ndmsg>(body), [&](int type, Bytes payload) {
        if (type == NDA_DST) destination = address(header->ndm_family, payload);
        if (type == NDA_LLADDR) neighbour.mac = mac(payload);
    });
    const auto state = neighbour_state(header->ndm_state);
    if (!destination) return std::nullopt;
    if (gone || !state) return NeighbourGone{neighbour.ifindex, *destination};
    neighbour.address = *destination;
    neighbour.state = *state;
    return NeighbourSet{neighbour};
}

}  // namespace

std::optional<Event> parse_event(Bytes message) {
    const auto header = read<nlmsghdr>(message);
    if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > message.size()) return std::nullopt;
    const Bytes body = behind<nlmsghdr>(message.first(header->nlmsg_len));
    switch (header->nlmsg_type) {
        case RTM_NEWLINK: return link_event(false, body);
        case RTM_DELLINK: return link_event(true, body);
        case RTM_NEWADDR: return address_event(false, body);
        case RTM_DELADDR: return address_event(true, body);
        case RTM_NEWROUTE: return route_event(false, (header->nlmsg_flags & NLM_F_REPLACE) != 0, body);
        case RTM_DELROUTE: return route_event(true, false, body);
        case RTM_NEWNEIGH: return neighbour_event(false, body);
        case RTM_DELNEIGH: return neighbour_event(true, body);
        default: return std::nullopt;
    }
}

}  // namespace lvx::net
