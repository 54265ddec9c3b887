// Messages as the kernel writes them, and what they do to a World.
#include "net/netlink_message.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cstring>

#include "net/test_world.hh"

namespace lvx::net {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using Bytes = std::vector<std::uint8_t>;

template <class Header>
Bytes bytes_of(const Header& header) {
    Bytes result(sizeof header);
    std::memcpy(result.data(), &header, sizeof header);
    return result;
}

// One attribute, padded; lengths leave the padding out.
Bytes attribute(std::uint16_t type, const Bytes& payload) {
    Bytes result = bytes_of(nlattr{static_cast<std::uint16_t>(sizeof(nlattr) + payload.size()), type});
    result.insert(result.end(), payload.begin(), payload.end());
    result.resize((result.size() + 3) & ~std::size_t{3});
    return result;
}

Bytes number(std::uint32_t value) { return bytes_of(value); }
Bytes text(std::string_view value) { Bytes result(value.begin(), value.end()); result.push_back(0); return result; }
Bytes of_v4(std::string_view value) {
    const auto mapped = address(value).mapped();
    return {mapped.begin() + 12, mapped.end()};
}
Bytes of_v6(std::string_view value) { const auto bytes = address(value).mapped(); return {bytes.begin(), bytes.end()}; }
Bytes of_mac(const Mac& value) { return {value.begin(), value.end()}; }

template <class... Parts>
Bytes message(std::uint16_t type, std::uint16_t flags, const Parts&... parts) {
    Bytes body;
    (body.insert(body.end(), parts.begin(), parts.end()), ...);
    Bytes result = bytes_of(nlmsghdr{static_cast<std::uint32_t>(sizeof(nlmsghdr) + body.size()), type, flags, 0, 0});
    result.insert(result.end(), body.begin(), body.end());
    return result;
}

Bytes link_header(int ifindex, unsigned flags) {
    ifinfomsg header{};
    header.ifi_index = ifindex;
    header.ifi_flags = flags;
    return bytes_of(header);
}

Bytes route_header(std::uint8_t family, std::uint8_t length, std::uint8_t table, std::uint8_t type) {
    rtmsg header{};
    header.rtm_family = family;
    header.rtm_dst_len = length;
    header.rtm_table = table;
    header.rtm_type = type;
    return bytes_of(header);
}

TEST(ParseEvent, ReadsALinkWithItsVlan) {
    const Bytes vlan = attribute(IFLA_LINKINFO, [] {
        Bytes info = attribute(IFLA_INFO_KIND, text("vlan"));
        const Bytes data = attribute(IFLA_INFO_DATA, attribute(IFLA_VLAN_ID, {100, 0}));
        info.insert(info.end(), data.begin(), data.end());
        return info;
    }());
    const auto event = parse_event(message(RTM_NEWLINK, 0, link_header(7, IFF_UP | IFF_RUNNING), attribute(IFLA_IFNAME, text("eth1.100")),
                                           attribute(IFLA_ADDRESS, of_mac(mac(9))), attribute(IFLA_MTU, number(1496)),
                                           attribute(IFLA_LINK, number(3)), attribute(IFLA_MASTER, number(5)), vlan));
    EXPECT_EQ(event, Event(LinkSet{{.ifindex = 7, .name = "eth1.100", .kind = "vlan", .mac = mac(9), .mtu = 1496, .up = true,
                                    .lower = 3, .master = 5, .vlan = 100}}));
}

TEST(ParseEvent, TakesAVethsPeerForNoLowerDevice) {
    const Bytes info = attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, text("veth")));
    const auto event = parse_event(message(RTM_NEWLINK, 0, link_header(7, 0), attribute(IFLA_LINK, number(3)), info));
    EXPECT_EQ(std::get<LinkSet>(*event).link.lower, 0u);
    EXPECT_FALSE(std::get<LinkSet>(*event).link.up);
}

TEST(ParseEvent, TakesALinkWithoutCarrierForDown) {
    const auto event = parse_event(message(RTM_NEWLINK, 0, link_header(7, IFF_UP)));
    EXPECT_FALSE(std::get<LinkSet>(*event).link.up);
}

TEST(ParseEvent, TakesABridgesNewsOfItsPortsForNoLink) {
    ifinfomsg header{};
    header.ifi_family = AF_BRIDGE;
    header.ifi_index = 7;
    EXPECT_FALSE(parse_event(message(RTM_DELLINK, 0, bytes_of(header))));
}

TEST(ParseEvent, ReadsAddressesOfBothFamilies) {
    const ifaddrmsg v4{AF_INET, 24, 0, 0, 3};
    EXPECT_EQ(parse_event(message(RTM_NEWADDR, 0, bytes_of(v4), attribute(IFA_ADDRESS, of_v4("10.0.0.9")), attribute(IFA_LOCAL, of_v4("10.0.0.1")))),
              Event(AddressSet{{3, address("10.0.0.1"), 24}})) << "IFA_ADDRESS is the peer's where both stand";
    const ifaddrmsg v6{AF_INET6, 64, 0, 0, 3};
    EXPECT_EQ(parse_event(message(RTM_DELADDR, 0, bytes_of(v6), attribute(IFA_ADDRESS, of_v6("fd00::1")))),
              Event(AddressGone{{3, address("fd00::1"), 64}}));
    const ifaddrmsg wrong{AF_INET, 33, 0, 0, 3};
    EXPECT_FALSE(parse_event(message(RTM_NEWADDR, 0, bytes_of(wrong), attribute(IFA_LOCAL, of_v4("10.0.0.1")))));
}

TEST(ParseEvent, ReadsARouteWithGatewayMetricAndMtu) {
    const auto event = parse_event(message(RTM_NEWROUTE, NLM_F_REPLACE, route_header(AF_INET, 24, RT_TABLE_MAIN, RTN_UNICAST),
                                           attribute(RTA_DST, of_v4("10.1.0.0")), attribute(RTA_OIF, number(3)),
                                           attribute(RTA_GATEWAY, of_v4("10.0.0.254")), attribute(RTA_PRIORITY, number(7)),
                                           attribute(RTA_METRICS, attribute(RTAX_MTU, number(1400)))));
    EXPECT_EQ(event, Event(RouteSet{{{prefix("10.1.0.0/24"), 3, address("10.0.0.254"), 7, 1400}}, true}));
}

TEST(ParseEvent, ReadsADefaultRouteOfEachFamily) {
    EXPECT_EQ(parse_event(message(RTM_NEWROUTE, 0, route_header(AF_INET6, 0, RT_TABLE_MAIN, RTN_UNICAST), attribute(RTA_OIF, number(3)))),
              Event(RouteSet{{{prefix("::/0"), 3, std::nullopt, 0, 0}}, false}));
    EXPECT_EQ(parse_event(message(RTM_DELROUTE, 0, route_header(AF_INET, 0, RT_TABLE_MAIN, RTN_UNICAST), attribute(RTA_OIF, number(3)))),
              Event(RouteGone{{{prefix("0.0.0.0/0"), 3, std::nullopt, 0, 0}}}));
}

TEST(ParseEvent, ReadsEveryHopOfAMultipathRouteAndAnIpv6GatewayOfAnIpv4Route) {
    const auto hop = [](int ifindex, const Bytes& gateway) {
        Bytes result = bytes_of(rtnexthop{static_cast<std::uint16_t>(sizeof(rtnexthop) + gateway.size()), 0, 0, ifindex});
        result.insert(result.end(), gateway.begin(), gateway.end());
        return result;
    };
    Bytes via = bytes_of(std::uint16_t{AF_INET6});
    const Bytes gateway = of_v6("fe80::1");
    via.insert(via.end(), gateway.begin(), gateway.end());
    Bytes hops = hop(2, attribute(RTA_GATEWAY, of_v4("192.168.88.1")));
    const Bytes second = hop(3, attribute(RTA_VIA, via));
    hops.insert(hops.end(), second.begin(), second.end());
    const auto event = parse_event(message(RTM_NEWROUTE, 0, route_header(AF_INET, 0, RT_TABLE_MAIN, RTN_UNICAST), attribute(RTA_MULTIPATH, hops)));
    EXPECT_EQ(event, Event(RouteSet{{{prefix("0.0.0.0/0"), 2, address("192.168.88.1"), 0, 0},
                                     {prefix("0.0.0.0/0"), 3, address("fe80::1"), 0, 0}}, false}));
}

TEST(ParseEvent, PassesOverRoutesThatAreNotUnicastInTheMainTable) {
    const Bytes device = attribute(RTA_OIF, number(3));
    EXPECT_FALSE(parse_event(message(RTM_NEWROUTE, 0, route_header(AF_INET, 32, RT_TABLE_LOCAL, RTN_LOCAL), device)));
    EXPECT_FALSE(parse_event(message(RTM_NEWROUTE, 0, route_header(AF_INET, 24, 99, RTN_UNICAST), device)));
    EXPECT_FALSE(parse_event(message(RTM_NEWROUTE, 0, route_header(AF_INET, 24, RT_TABLE_MAIN, RTN_BLACKHOLE), device)));
    EXPECT_FALSE(parse_event(message(RTM_NEWROUTE, 0, route_header(AF_INET, 24, RT_TABLE_MAIN, RTN_UNICAST)))) << "no device";
    EXPECT_FALSE(parse_event(message(RTM_NEWROUTE, 0, route_header(AF_INET, 24, RT_TABLE_COMPAT, RTN_UNICAST), device, attribute(RTA_TABLE, number(1000)))));
}

Bytes neighbour_header(std::uint16_t state, std::uint8_t flags) {
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_ifindex = 3;
    header.ndm_state = state;
    header.ndm_flags = flags;
    return bytes_of(header);
}

TEST(ParseEvent, ReadsNeighbours) {
    const Bytes destination = attribute(NDA_DST, of_v4("10.0.0.2"));
    EXPECT_EQ(parse_event(message(RTM_NEWNEIGH, 0, neighbour_header(NUD_STALE, 0), destination, attribute(NDA_LLADDR, of_mac(mac(1))))),
              Event(NeighbourSet{{3, address("10.0.0.2"), mac(1), NeighbourState::stale}}));
    EXPECT_EQ(parse_event(message(RTM_DELNEIGH, 0, neighbour_header(NUD_STALE, 0), destination)),
              Event(NeighbourGone{3, address("10.0.0.2")}));
    EXPECT_FALSE(parse_event(message(RTM_NEWNEIGH, 0, neighbour_header(NUD_STALE, NTF_PROXY), destination)));
    EXPECT_FALSE(parse_event(message(RTM_NEWNEIGH, 0, neighbour_header(NUD_STALE, 0))));
}

TEST(ParseEvent, IsNoneOfAnythingCutShort) {
    const Bytes whole = message(RTM_NEWADDR, 0, bytes_of(ifaddrmsg{AF_INET, 24, 0, 0, 3}), attribute(IFA_LOCAL, of_v4("10.0.0.1")));
    ASSERT_TRUE(parse_event(whole));
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(parse_event(std::span(whole).first(length))) << length;
}

TEST(Apply, KeepsEntriesSortedAndOnce) {
    World world;
    for (const char* text : {"10.0.0.3", "10.0.0.2", "10.0.0.3"}) (void)apply(world, NeighbourSet{{3, address(text), mac(1), NeighbourState::stale}});
    ASSERT_EQ(world.neighbours.size(), 2u);
    EXPECT_EQ(world.neighbours[0].address, address("10.0.0.2"));
}

TEST(Apply, SaysWhetherAnythingChanged) {
    World world;
    const NeighbourSet event{{3, address("10.0.0.2"), mac(1), NeighbourState::stale}};
    EXPECT_TRUE(apply(world, event).changed);
    EXPECT_FALSE(apply(world, event).changed);
    EXPECT_TRUE(apply(world, NeighbourGone{3, address("10.0.0.2")}).changed);
    EXPECT_FALSE(apply(world, NeighbourGone{3, address("10.0.0.2")}).changed);
    EXPECT_FALSE(apply(world, LinkGone{3}).changed);
}

TEST(Apply, ALinkThatGoesTakesEverythingOfItsOwnAlong) {
    World world = two_armed();
    const Applied applied = apply(world, LinkGone{3});
    EXPECT_TRUE(applied.changed && applied.routes_uncertain);
    EXPECT_THAT(world.neighbours, IsEmpty());
    EXPECT_EQ(world.addresses.size(), 2u);
    EXPECT_EQ(world.routes.size(), 2u);
}

TEST(Apply, RoutesAreUncertainWhenALinkGoesDownOrAnAddressGoes) {
    World world = two_armed();
    Link link = world.links[3];
    link.mtu = 1400;
    EXPECT_FALSE(apply(world, LinkSet{link}).routes_uncertain);
    link.up = false;
    EXPECT_TRUE(apply(world, LinkSet{link}).routes_uncertain);
    EXPECT_FALSE(apply(world, LinkSet{link}).routes_uncertain) << "it was down already";
    EXPECT_TRUE(apply(world, AddressGone{world.addresses[0]}).routes_uncertain);
}

TEST(Apply, AReplacedRouteTakesThePlaceOfThoseWithItsMetricOnly) {
    World world;
    const Route old{prefix("10.1.0.0/24"), 2, address("192.168.88.1"), 7, 0}, other{prefix("10.1.0.0/24"), 2, address("192.168.88.1"), 8, 0};
    const Route fresh{prefix("10.1.0.0/24"), 3, address("10.0.0.254"), 7, 0};
    (void)apply(world, RouteSet{{old, other}, false});
    EXPECT_TRUE(apply(world, RouteSet{{fresh}, true}).changed);
    EXPECT_THAT(world.routes, ElementsAre(fresh, other));
    EXPECT_FALSE(apply(world, RouteSet{{fresh}, true}).changed);
}

}  // namespace
}  // namespace lvx::net
