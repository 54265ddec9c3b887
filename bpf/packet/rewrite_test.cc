// Rewriting and checksums, judged by the naive oracle.
#include "bpf/packet/rewrite.h"

#include "bpf/packet/test_frame.hh"

namespace lvx::packet {
namespace {

using test::build_frame;
using test::Bytes;
using test::Packet;

Bytes random_bytes(std::size_t limit) {
    return *rc::gen::resize(static_cast<int>(limit),
                            rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>()));
}

address random_address(std::uint8_t family) {
    address result = {};
    const auto halves = *rc::gen::arbitrary<std::pair<std::uint64_t, std::uint64_t>>();
    result.halves[0] = halves.first;
    result.halves[1] = halves.second;
    if (family == 4) address_set_ipv4(&result, static_cast<__be32>(halves.second));
    return result;
}

// Any right TCP or UDP frame.
Packet random_packet() {
    Packet packet = *rc::gen::arbitrary<bool>() ? v4_packet() : v6_packet();
    const Port source = *rc::gen::arbitrary<Port>();
    const Port destination = *rc::gen::arbitrary<Port>();
    if (*rc::gen::arbitrary<bool>()) {
        packet.transport = test::Tcp{.source_port = source, .destination_port = destination};
    } else {
        packet.transport = test::Udp{.source_port = source, .destination_port = destination};
    }
    packet.payload = random_bytes(40);
    packet.ttl = *rc::gen::inRange<std::uint8_t>(1, 255);
    if (*rc::gen::arbitrary<bool>()) packet.tags = {{.vlan = 5}};
    if (packet.source.is_v4())
        packet.options = Bytes(*rc::gen::element(0u, 4u, 40u), 1);
    else if (*rc::gen::arbitrary<bool>())
        packet.extensions = {test::options_extension(PROTOCOL_DESTINATION, 2)};
    packet.padded_to = *rc::gen::element(0u, 60u);
    return packet;
}

RC_GTEST_PROP(Rewrite, ChangesARequestsDestinationAndKeepsEveryChecksumRight, ()) {
    const Packet packet = random_packet();
    Block block(build_frame(packet));
    Parsed parsed = parse(block);
    RC_ASSERT(parsed.result == PACKET_PARSED);
    const address server = random_address(parsed.frame.family);
    const Port port = *rc::gen::arbitrary<Port>();
    rewrite_request(&parsed.frame, &server, wire_port(port), SUM_COMPLETE);
    RC_ASSERT(test::frame_fault(block.bytes()) == std::nullopt);
    const Parsed after = parse(block);
    RC_ASSERT(after.result == PACKET_PARSED);
    RC_ASSERT(std::memcmp(&after.frame.destination, &server, 16) == 0);
    RC_ASSERT(std::memcmp(&after.frame.source, &parsed.frame.source, 16) == 0);
    RC_ASSERT(after.frame.destination_port == wire_port(port));
    RC_ASSERT(after.frame.source_port == parsed.frame.source_port);
    RC_ASSERT(after.frame.ttl == packet.ttl - 1);
}

RC_GTEST_PROP(Rewrite, ChangesAReplysSourceAndKeepsEveryChecksumRight, ()) {
    const Packet packet = random_packet();
    Block block(build_frame(packet));
    Parsed parsed = parse(block);
    const address virtual_address = random_address(parsed.frame.family);
    const Port port = *rc::gen::arbitrary<Port>();
    rewrite_reply(&parsed.frame, &virtual_address, wire_port(port), SUM_COMPLETE);
    RC_ASSERT(test::frame_fault(block.bytes()) == std::nullopt);
    const Parsed after = parse(block);
    RC_ASSERT(std::memcmp(&after.frame.source, &virtual_address, 16) == 0);
    RC_ASSERT(std::memcmp(&after.frame.destination, &parsed.frame.destination, 16) == 0);
    RC_ASSERT(after.frame.source_port == wire_port(port));
    RC_ASSERT(after.frame.ttl == packet.ttl - 1);
}

RC_GTEST_PROP(Rewrite, UndoesItselfByteForByteWhereNoHopIsCounted, ()) {
    const Bytes before = build_frame(random_packet());
    Block block(before);
    Parsed parsed = parse(block);
    const address server = random_address(parsed.frame.family);
    rewrite_destination(&parsed.frame, &server, wire_port(8080), SUM_COMPLETE);
    Parsed there = parse(block);
    rewrite_destination(&there.frame, &parsed.frame.destination, parsed.frame.destination_port, SUM_COMPLETE);
    RC_ASSERT(block.bytes() == before);
}

// What a device completes: the sum of the transport on top of what the field holds.
RC_GTEST_PROP(Rewrite, KeepsThePartialChecksumOfASuperFrameRight, ()) {
    Block block(build_frame(random_packet()));
    Parsed parsed = parse(block);
    const auto pseudo = [](const frame& frame) {
        return checksum_fold(
            checksum_pseudo(&frame.source, &frame.destination, frame.protocol, frame.l4_length));
    };
    auto* field = reinterpret_cast<wire_field*>(parsed.frame.checksum);
    field->value = pseudo(parsed.frame);
    const address server = random_address(parsed.frame.family);
    rewrite_request(&parsed.frame, &server, wire_port(8080), SUM_PARTIAL);
    const Parsed after = parse(block);
    RC_ASSERT(field->value == pseudo(after.frame));
}

TEST(Rewrite, LeavesTheTransportChecksumToTheHelperWhereAsked) {
    Block block(build_frame(v4_packet()));
    Parsed parsed = parse(block);
    const __be16 before = reinterpret_cast<wire_field*>(parsed.frame.checksum)->value;
    const address server = abi_address("10.0.0.2");
    rewrite_request(&parsed.frame, &server, wire_port(8080), SUM_UNTOUCHED);
    auto* field = reinterpret_cast<wire_field*>(parsed.frame.checksum);
    EXPECT_EQ(field->value, before);
    EXPECT_FALSE(test::checksums_valid(block.bytes()));
    const __u64 change = rewrite_address_change(&parsed.frame, &parsed.frame.destination, &server) +
                         change16(parsed.frame.destination_port, wire_port(8080));
    field->value = checksum_changed(field->value, checksum_wide(change));
    EXPECT_EQ(test::frame_fault(block.bytes()), std::nullopt);
}

TEST(Rewrite, KeepsUdpWithoutChecksumWithoutOne) {
    Packet packet = v4_packet();
    packet.transport =
        test::Udp{.source_port = 1, .destination_port = 2, .checksum = test::UdpChecksum::none};
    Block block(build_frame(packet));
    Parsed parsed = parse(block);
    const address server = abi_address("10.0.0.2");
    rewrite_request(&parsed.frame, &server, wire_port(53), SUM_COMPLETE);
    EXPECT_EQ(reinterpret_cast<wire_field*>(parsed.frame.checksum)->value, 0);
    EXPECT_TRUE(test::checksums_valid(block.bytes()));
}

TEST(Rewrite, NeverTurnsAUdpChecksumIntoNone) {
    Packet packet = v4_packet();
    const address server = abi_address("10.0.0.2");
    packet.transport = test::Udp{.source_port = 1, .destination_port = 2};
    Block block(build_frame(packet));
    Parsed parsed = parse(block);
    int all_ones = 0;
    for (unsigned port = 0; port < 65536; ++port) {  // one of them makes the sum 0xffff
        rewrite_destination(&parsed.frame, &server, wire_port(static_cast<Port>(port)), SUM_COMPLETE);
        parsed = parse(block);
        const __be16 checksum = reinterpret_cast<wire_field*>(parsed.frame.checksum)->value;
        ASSERT_NE(checksum, 0) << port;
        all_ones += checksum == 0xffff;
    }
    EXPECT_GT(all_ones, 0);
}

TEST(Rewrite, ChangesALaterFragmentsAddressesOnly) {
    for (Packet packet : {v4_packet(), v6_packet()}) {
        packet.fragment = test::Fragment{.offset = 64};
        packet.payload = Bytes(32, 0xee);
        const Bytes before = build_frame(packet);
        Block block(before);
        Parsed parsed = parse(block);
        const address server = abi_address(parsed.frame.family == 4 ? "10.0.0.2" : "fd00::2");
        rewrite_request(&parsed.frame, &server, wire_port(8080), SUM_COMPLETE);
        EXPECT_EQ(test::frame_fault(block.bytes()), std::nullopt);
        const Bytes after = block.bytes();
        EXPECT_TRUE(std::equal(after.end() - 32, after.end(), before.end() - 32));
    }
}

TEST(Rewrite, CountsOneHopAndNothingElse) {
    for (Packet packet : {v4_packet(), v6_packet()}) {
        packet.ttl = 2;
        Block block(build_frame(packet));
        Parsed parsed = parse(block);
        rewrite_ttl(&parsed.frame);
        packet.ttl = 1;
        EXPECT_EQ(block.bytes(), build_frame(packet));
    }
}

TEST(Rewrite, WritesMacsAndTheOuterVlanKeepingItsPriority) {
    Packet packet = v4_packet();
    packet.tags = {{.vlan = 7, .priority = 5}, {.vlan = 8, .priority = 3}};
    Block block(build_frame(packet));
    Parsed parsed = parse(block);
    const test::Mac destination = {2, 0, 0, 0, 9, 9};
    const test::Mac source = {2, 0, 0, 0, 8, 8};
    rewrite_macs(&parsed.frame, destination.data(), source.data());
    const cursor cursor = block.whole();
    ASSERT_TRUE(rewrite_vlan(&cursor, &parsed.frame, 4095));
    packet.destination_mac = destination;
    packet.source_mac = source;
    packet.tags[0].vlan = 4095;
    EXPECT_EQ(block.bytes(), build_frame(packet));
}

TEST(Rewrite, HasNoVlanToWriteInAnUntaggedFrame) {
    const Bytes before = build_frame(v4_packet());
    Block block(before);
    Parsed parsed = parse(block);
    const cursor cursor = block.whole();
    EXPECT_FALSE(rewrite_vlan(&cursor, &parsed.frame, 7));
    EXPECT_EQ(block.bytes(), before);
}

TEST(Checksum, FoldsEveryCarry) {
    EXPECT_EQ(checksum_fold(0), 0);
    EXPECT_EQ(checksum_fold(0xffff), 0xffff);
    EXPECT_EQ(checksum_fold(0x10000), 1);
    EXPECT_EQ(checksum_fold(0xffffffffffffull), 0xffff);
    EXPECT_EQ(checksum_fold(0x1fffeull), 0xffff);
    EXPECT_EQ(checksum_fold(0xfffeffffffffull), 0xfffe);
    EXPECT_EQ(checksum_wide(0xffffffffffffffffull), 0xffffffffu);
    EXPECT_EQ(checksum_wide(0x1ffffffffull), 1u);
}

RC_GTEST_PROP(Checksum, FoldsAsNaiveAdditionDoes, (std::uint64_t any)) {
    const std::uint64_t sum = any >> 16;
    std::uint64_t naive = sum;
    while (naive > 0xffff)
        naive = (naive >> 16) + (naive & 0xffff);
    RC_ASSERT(checksum_fold(sum) == naive);
    RC_ASSERT(checksum_fold(checksum_wide(sum)) == naive);
}

RC_GTEST_PROP(Checksum, SumsAnyRangeAsTheOracleDoes, ()) {
    Bytes bytes = random_bytes(200);
    bytes.resize(bytes.size() + *rc::gen::inRange<std::size_t>(1, 1400), 0xa5);
    const auto offset = *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(bytes.size()));
    Block block(bytes);
    const cursor cursor = block.whole();
    std::uint32_t naive = 0;
    for (std::size_t i = offset; i < bytes.size(); ++i)
        naive += (i - offset) % 2 ? bytes[i] : bytes[i] * 256u;
    checksum_range range = {0, offset, static_cast<__u32>(bytes.size()) - offset};
    const bool in_reach = range.length <= CHECKSUM_REACH;
    RC_ASSERT(checksum_add(&cursor, &range) == in_reach);
    if (in_reach) RC_ASSERT(checksum_fold(range.sum) == WIRE16(checksum_fold(naive)));
}

TEST(Checksum, ReachesExactlySoFar) {
    Block block(Bytes(CHECKSUM_REACH + 1, 0xff));
    const cursor cursor = block.whole();
    const auto reaches = [&](__u32 offset, __u32 length) {
        checksum_range range = {0, offset, length};
        return checksum_add(&cursor, &range) != 0;
    };
    EXPECT_TRUE(reaches(0, CHECKSUM_REACH));
    EXPECT_FALSE(reaches(0, CHECKSUM_REACH + 1));
    EXPECT_TRUE(reaches(1, CHECKSUM_REACH));
    EXPECT_FALSE(reaches(2, CHECKSUM_REACH));
    EXPECT_TRUE(reaches(5, 0));
}

}  // namespace
}  // namespace lvx::packet
