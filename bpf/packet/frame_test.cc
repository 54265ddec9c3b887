// The parsers: table of right frames, wrong frames, and the border between.
#include "bpf/packet/frame.h"

#include "bpf/packet/test_frame.hh"

namespace lvx::packet {
namespace {

using test::build_frame;
using test::Bytes;
using test::Packet;

Bytes cut(Bytes bytes, std::size_t size) {
    bytes.resize(size);
    return bytes;
}

Bytes changed(Bytes bytes, std::size_t at, std::uint8_t value) {
    bytes.at(at) = value;
    return bytes;
}

TEST(Frame, KnowsAddressesPortsAndFlagsOfTcpOverIpv4) {
    Packet packet = v4_packet();
    packet.transport = test::Tcp{.source_port = 40000, .destination_port = 80, .flags = TCP_SYN};
    packet.payload = Bytes(10);
    packet.ttl = 17;
    const auto [result, frame] = parse(build_frame(packet));
    ASSERT_EQ(result, PACKET_PARSED);
    const address source = abi_address("192.168.88.21");
    const address destination = abi_address("192.168.88.23");
    EXPECT_EQ(std::memcmp(&frame.source, &source, 16), 0);
    EXPECT_EQ(std::memcmp(&frame.destination, &destination, 16), 0);
    EXPECT_EQ(frame.source_port, wire_port(40000));
    EXPECT_EQ(frame.destination_port, wire_port(80));
    EXPECT_EQ(frame.tcp_flags, TCP_SYN);
    EXPECT_EQ(frame.family, 4);
    EXPECT_EQ(frame.protocol, PROTOCOL_TCP);
    EXPECT_EQ(frame.ttl, 17);
    EXPECT_EQ(frame.dont_fragment, 1);
    EXPECT_EQ(frame.l3_offset, 14u);
    EXPECT_EQ(frame.l4_offset, 34u);
    EXPECT_EQ(frame.l3_length, 50u);
    EXPECT_EQ(frame.l4_length, 30u);
}

TEST(Frame, KnowsAddressesAndPortsOfUdpOverIpv6) {
    Packet packet = v6_packet();
    packet.transport = test::Udp{.source_port = 5000, .destination_port = 53};
    packet.payload = Bytes(3);
    const auto [result, frame] = parse(build_frame(packet));
    ASSERT_EQ(result, PACKET_PARSED);
    const address destination = abi_address("2001:db8::23");
    EXPECT_EQ(std::memcmp(&frame.destination, &destination, 16), 0);
    EXPECT_EQ(frame.source_port, wire_port(5000));
    EXPECT_EQ(frame.destination_port, wire_port(53));
    EXPECT_EQ(frame.family, 6);
    EXPECT_EQ(frame.protocol, PROTOCOL_UDP);
    EXPECT_EQ(frame.l3_length, 51u);
    EXPECT_EQ(frame.l4_length, 11u);
}

TEST(Frame, StepsOverNoneOneOrTwoTags) {
    Packet packet = v4_packet();
    EXPECT_EQ(parse(build_frame(packet)).frame.tags, 0);
    packet.tags = {{.vlan = 7, .priority = 5}};
    auto one = parse(build_frame(packet));
    EXPECT_EQ(one.result, PACKET_PARSED);
    EXPECT_EQ(one.frame.tags, 1);
    EXPECT_EQ(one.frame.vlan, 7);
    EXPECT_EQ(one.frame.l3_offset, 18u);
    packet.tags = {{.type = 0x88a8, .vlan = 4094}, {.vlan = 12}};
    auto two = parse(build_frame(packet));
    EXPECT_EQ(two.result, PACKET_PARSED);
    EXPECT_EQ(two.frame.vlan, 4094);
    EXPECT_EQ(two.frame.inner_vlan, 12);
    EXPECT_EQ(two.frame.tags, 2);
    packet.tags.push_back({.vlan = 1});
    EXPECT_EQ(parse(build_frame(packet)).result, VERDICT_not_ip);
}

TEST(Frame, LeavesArpToTheKernel) {
    EXPECT_EQ(parse(changed(build_frame(v4_packet()), 13, 6)).result, VERDICT_not_ip);
}

TEST(Frame, RefusesAFrameShorterThanItsEthernetOrVlanHeader) {
    Packet packet = v4_packet();
    EXPECT_EQ(parse(cut(build_frame(packet), 13)).result, VERDICT_bad_ethernet);
    EXPECT_EQ(parse(Bytes{}).result, VERDICT_bad_ethernet);
    packet.tags = {{.vlan = 7}};
    EXPECT_EQ(parse(cut(build_frame(packet), 17)).result, VERDICT_bad_ethernet);
    EXPECT_EQ(parse(cut(build_frame(packet), 18)).result, VERDICT_bad_ipv4);
}

TEST(Frame, SkipsIpv4Options) {
    Packet packet = v4_packet();
    packet.options = Bytes(40, 1);
    packet.transport = test::Tcp{.source_port = 1, .destination_port = 80};
    const auto [result, frame] = parse(build_frame(packet));
    EXPECT_EQ(result, PACKET_PARSED);
    EXPECT_EQ(frame.l4_offset, 14u + 60u);
    EXPECT_EQ(frame.destination_port, wire_port(80));
}

TEST(Frame, RefusesIpv4LengthsThatContradictEachOther) {
    const Bytes good = build_frame(v4_packet());
    EXPECT_EQ(parse(changed(good, 14, 0x44)).result, VERDICT_bad_ipv4);  // header of 16 bytes
    EXPECT_EQ(parse(changed(good, 14, 0x55)).result, VERDICT_bad_ipv4);  // version 5
    EXPECT_EQ(parse(changed(good, 17, 19)).result, VERDICT_bad_ipv4);    // total below the header
    EXPECT_EQ(parse(changed(good, 17, 41)).result, VERDICT_bad_ipv4);    // total beyond the frame
    EXPECT_EQ(parse(changed(good, 17, 40)).result, PACKET_PARSED);
    EXPECT_EQ(parse(changed(good, 14, 0x4b)).result, VERDICT_bad_ipv4);  // header of 44 bytes in 40
}

TEST(Frame, TakesEthernetPaddingForPadding) {
    Packet packet = v4_packet();
    packet.padded_to = 60;
    const auto [result, frame] = parse(build_frame(packet));
    EXPECT_EQ(result, PACKET_PARSED);
    EXPECT_EQ(frame.l3_length, 40u);
}

TEST(Frame, TellsTheFirstFragmentFromLaterOnes) {
    Packet packet = v4_packet();
    packet.payload = Bytes(64);
    packet.fragment = test::Fragment{.offset = 0, .more = true};
    auto first = parse(build_frame(packet));
    EXPECT_EQ(first.result, PACKET_PARSED);
    EXPECT_EQ(first.frame.fragment, FRAGMENT_FIRST);
    EXPECT_NE(first.frame.transport, nullptr);
    packet.fragment = test::Fragment{.offset = 64, .more = true};
    auto later = parse(build_frame(packet));
    EXPECT_EQ(later.result, PACKET_PARSED);
    EXPECT_EQ(later.frame.fragment, FRAGMENT_LATER);
    EXPECT_EQ(later.frame.transport, nullptr);
    EXPECT_EQ(later.frame.source_port, 0);
    packet.fragment = test::Fragment{.offset = 64, .more = false};
    EXPECT_EQ(parse(build_frame(packet)).frame.fragment, FRAGMENT_LATER);
}

TEST(Frame, ReadsIpv6FragmentHeaders) {
    Packet packet = v6_packet();
    packet.payload = Bytes(64);
    packet.fragment = test::Fragment{.offset = 0, .more = false};
    EXPECT_EQ(parse(build_frame(packet)).frame.fragment, FRAGMENT_NONE);  // atomic
    packet.fragment = test::Fragment{.offset = 0, .more = true};
    auto first = parse(build_frame(packet));
    EXPECT_EQ(first.frame.fragment, FRAGMENT_FIRST);
    EXPECT_NE(first.frame.transport, nullptr);
    packet.fragment = test::Fragment{.offset = 64, .more = false};
    auto later = parse(build_frame(packet));
    EXPECT_EQ(later.result, PACKET_PARSED);
    EXPECT_EQ(later.frame.fragment, FRAGMENT_LATER);
    EXPECT_EQ(later.frame.protocol, PROTOCOL_TCP);
    EXPECT_EQ(later.frame.transport, nullptr);
}

Packet with_every_extension() {
    Packet packet = v6_packet();
    packet.extensions = {test::options_extension(PROTOCOL_HOP_BY_HOP, 1),
                         test::options_extension(PROTOCOL_DESTINATION, 32), test::routing_extension(0),
                         test::authentication_extension(), test::options_extension(PROTOCOL_DESTINATION, 2)};
    packet.transport = test::Tcp{.source_port = 9, .destination_port = 443};
    return packet;
}

TEST(Frame, WalksEveryIpv6ExtensionHeaderOfTheStandard) {
    Packet packet = with_every_extension();
    packet.fragment = test::Fragment{};
    const auto [result, frame] = parse(build_frame(packet));
    EXPECT_EQ(result, PACKET_PARSED);
    EXPECT_EQ(frame.protocol, PROTOCOL_TCP);
    EXPECT_EQ(frame.l4_offset, 14u + 40 + 8 + 256 + 8 + 16 + 16 + 8);
    EXPECT_EQ(frame.l4_length, 20u);
    EXPECT_EQ(frame.destination_port, wire_port(443));
}

TEST(Frame, RefusesASeventhExtensionHeader) {
    Packet packet = with_every_extension();
    packet.extensions.push_back(test::options_extension(PROTOCOL_DESTINATION, 1));
    EXPECT_EQ(parse(build_frame(packet)).result, PACKET_PARSED);
    packet.extensions.push_back(test::options_extension(PROTOCOL_DESTINATION, 1));
    EXPECT_EQ(parse(build_frame(packet)).result, VERDICT_bad_ipv6);
}

TEST(Frame, RefusesAnExtensionHeaderLongerThanThePacket) {
    Packet packet = v6_packet();
    packet.extensions = {test::options_extension(PROTOCOL_HOP_BY_HOP, 1)};
    const Bytes good = build_frame(packet);
    EXPECT_EQ(parse(changed(good, 14 + 41, 2)).result,
              VERDICT_bad_tcp);  // swallows all but 4 bytes of the TCP header
    EXPECT_EQ(parse(changed(good, 14 + 41, 3)).result, VERDICT_bad_ipv6);  // ends behind the packet
    EXPECT_EQ(parse(changed(good, 14 + 41, 255)).result, VERDICT_bad_ipv6);
    EXPECT_EQ(parse(cut(good, 14 + 44)).result, VERDICT_bad_ipv6);
}

TEST(Frame, DoesNotTakeAPacketUnderWayThroughSegmentsForArrived) {
    Packet packet = v6_packet();
    packet.extensions = {test::routing_extension(1)};
    const auto [result, frame] = parse(build_frame(packet));
    EXPECT_EQ(result, PACKET_PARSED);
    EXPECT_EQ(frame.protocol, PROTOCOL_ROUTING);
    EXPECT_EQ(frame.transport, nullptr);
}

TEST(Frame, RefusesIpv6ShorterThanItSays) {
    const Bytes good = build_frame(v6_packet());
    EXPECT_EQ(parse(cut(good, good.size() - 1)).result, VERDICT_bad_ipv6);
    EXPECT_EQ(parse(cut(good, 14 + 39)).result, VERDICT_bad_ipv6);
    EXPECT_EQ(parse(changed(good, 14, 0x50)).result, VERDICT_bad_ipv6);
}

TEST(Frame, RefusesIpv4AddressesInIpv6Headers) {
    const auto result_of = [](std::size_t address_at, std::uint8_t word) {
        Bytes bytes = build_frame(v6_packet());
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(14 + address_at), 12, 0);
        bytes[14 + address_at + 10] = bytes[14 + address_at + 11] = word;
        return parse(bytes).result;
    };
    for (const std::size_t address_at : {8, 24}) {
        EXPECT_EQ(result_of(address_at, 0xff), VERDICT_bad_ipv6);
        EXPECT_EQ(result_of(address_at, 0xfe), PACKET_PARSED);
        EXPECT_EQ(result_of(address_at, 0), PACKET_PARSED);
    }
}

TEST(Frame, RefusesTcpCutShortOrWithAWrongLength) {
    const Bytes good = build_frame(v4_packet());
    EXPECT_EQ(parse(changed(good, 17, 39)).result, VERDICT_bad_tcp);
    EXPECT_EQ(parse(changed(good, 34 + 12, 0x40)).result, VERDICT_bad_tcp);
    EXPECT_EQ(parse(changed(good, 34 + 12, 0x60)).result, VERDICT_bad_tcp);
    EXPECT_EQ(parse(changed(good, 34 + 12, 0x50)).result, PACKET_PARSED);
}

TEST(Frame, RefusesUdpCutShortOrWithAWrongLength) {
    Packet packet = v4_packet();
    packet.transport = test::Udp{.source_port = 1, .destination_port = 2};
    packet.payload = Bytes(4);
    const Bytes good = build_frame(packet);
    EXPECT_EQ(parse(good).result, PACKET_PARSED);
    EXPECT_EQ(parse(changed(good, 34 + 5, 13)).result, VERDICT_bad_udp);
    EXPECT_EQ(parse(changed(good, 34 + 5, 8)).result, PACKET_PARSED);
    EXPECT_EQ(parse(changed(good, 34 + 5, 7)).result, VERDICT_bad_udp);
    EXPECT_EQ(parse(changed(good, 17, 27)).result, VERDICT_bad_udp);
}

TEST(Frame, TakesAUdpFirstFragmentsLengthForThatOfTheWhole) {
    Packet packet = v4_packet();
    packet.transport = test::Udp{.source_port = 1, .destination_port = 2};
    packet.payload = Bytes(8);
    packet.fragment = test::Fragment{.offset = 0, .more = true};
    const Bytes first = changed(build_frame(packet), 34 + 4, 8);  // 2,064 bytes in 16
    EXPECT_EQ(parse(first).result, PACKET_PARSED);
    packet.fragment = {};
    EXPECT_EQ(parse(changed(build_frame(packet), 34 + 4, 8)).result, VERDICT_bad_udp);
}

TEST(Frame, KnowsIcmpErrorsFromOtherIcmp) {
    const auto is_error = [](const Packet& base, std::uint8_t type) {
        Packet packet = base;
        packet.transport = test::Icmp{.type = type};
        const Parsed parsed = parse(build_frame(packet));
        return parsed.result == PACKET_PARSED && frame_is_icmp_error(&parsed.frame);
    };
    for (const unsigned type : {3, 11, 12})
        EXPECT_TRUE(is_error(v4_packet(), static_cast<std::uint8_t>(type))) << type;
    for (const unsigned type : {0, 4, 5, 8, 13})
        EXPECT_FALSE(is_error(v4_packet(), static_cast<std::uint8_t>(type))) << type;
    for (const unsigned type : {1, 2, 3, 4})
        EXPECT_TRUE(is_error(v6_packet(), static_cast<std::uint8_t>(type))) << type;
    for (const unsigned type : {0, 5, 128, 129, 133, 137}) {
        EXPECT_FALSE(is_error(v6_packet(), static_cast<std::uint8_t>(type))) << type;
    }
}

TEST(Frame, RefusesIcmpCutShort) {
    Packet packet = v4_packet();
    packet.transport = test::Icmp{.type = 3};
    const Bytes good = build_frame(packet);
    EXPECT_EQ(parse(good).result, PACKET_PARSED);
    EXPECT_EQ(parse(changed(good, 17, 27)).result, VERDICT_bad_icmp);
}

TEST(Frame, DoesNotTakeAnotherFamilysIcmpForIcmp) {
    Packet packet = v4_packet();
    packet.transport = test::Other{.protocol = PROTOCOL_ICMP6};
    EXPECT_EQ(parse(build_frame(packet)).frame.transport, nullptr);
    packet = v6_packet();
    packet.transport = test::Other{.protocol = PROTOCOL_ICMP};
    EXPECT_EQ(parse(build_frame(packet)).frame.transport, nullptr);
}

TEST(Frame, LetsOtherProtocolsBe) {
    Packet packet = v4_packet();
    packet.transport = test::Other{.protocol = 47};
    const auto [result, frame] = parse(build_frame(packet));
    EXPECT_EQ(result, PACKET_PARSED);
    EXPECT_EQ(frame.protocol, 47);
    EXPECT_EQ(frame.transport, nullptr);
    EXPECT_EQ(frame.l4_length, 0u);
}

TEST(Frame, AsksForMoreLinearBytesWhereOnlyThoseAreMissing) {
    const Bytes bytes = build_frame(with_every_extension());
    for (std::size_t linear = 0; linear <= bytes.size(); ++linear) {
        Block block(bytes);
        const cursor cursor = block.linear(linear);
        struct frame frame = {};
        EXPECT_EQ(parse_frame(&cursor, &frame), linear < bytes.size() ? PACKET_NOT_LINEAR : PACKET_PARSED)
            << linear;
    }
}

TEST(Frame, NeverReadsBeyondAFrameCutAnywhere) {
    const Bytes bytes = build_frame(with_every_extension());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_GE(parse(cut(bytes, size)).result, 0) << size;
}

TEST(Frame, FindsItsPointersAgainAfterTheFrameMoved) {
    Packet packet = v6_packet();
    packet.tags = {{.vlan = 7}};
    packet.extensions = {test::options_extension(PROTOCOL_HOP_BY_HOP, 2)};
    Block before(build_frame(packet));
    Parsed parsed = parse(before);
    Block after(before.bytes());
    const cursor moved = after.whole();
    ASSERT_TRUE(frame_locate(&moved, &parsed.frame));
    EXPECT_EQ(parsed.frame.ethernet, moved.data);
    EXPECT_EQ(parsed.frame.network, moved.data + 18);
    EXPECT_EQ(parsed.frame.transport, moved.data + 18 + 56);
    EXPECT_EQ(parsed.frame.checksum, moved.data + 18 + 56 + 16);
    const cursor shorter = after.linear(80);
    EXPECT_FALSE(frame_locate(&shorter, &parsed.frame));
}

}  // namespace
}  // namespace lvx::packet
