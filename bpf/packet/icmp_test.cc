// ICMP errors translated both ways, and errors of our own.
#include "bpf/packet/icmp_answer.h"
#include "bpf/packet/icmp_error.h"
#include "bpf/packet/test_frame.hh"

namespace lvx::packet {
namespace {

using test::build_error;
using test::build_frame;
using test::Bytes;
using test::Error;
using test::Packet;

// The four addresses of a connection in both families, and a router.
struct Scene {
    const char* client;
    const char* virtual_address;
    const char* server;
    const char* router;
    std::uint8_t unreachable;
    std::size_t header;
};
constexpr Scene v4_scene = {"192.168.88.21", "192.168.88.23", "10.0.0.2", "10.9.9.9", 3, 20};
constexpr Scene v6_scene = {"2001:db8::21", "2001:db8::23", "fd00::2", "fd00:9::9", 1, 40};

Packet tcp_packet(const char* source, Port source_port, const char* destination, Port destination_port) {
    return {.source = ip(source),
            .destination = ip(destination),
            .ttl = 61,
            .transport = test::Tcp{.source_port = source_port, .destination_port = destination_port},
            .payload = Bytes(100, 0xab)};
}

Packet udp_packet(const char* source, Port source_port, const char* destination, Port destination_port) {
    Packet packet = tcp_packet(source, 0, destination, 0);
    packet.transport = test::Udp{.source_port = source_port, .destination_port = destination_port};
    return packet;
}

struct Translation {
    Block block;
    Parsed error;
    int quoted_result = 0;
    int verified = 0;
    struct frame quoted = {};

    explicit Translation(const Bytes& bytes) : block(bytes), error(parse(block)) {
        const cursor cursor = block.whole();
        quoted_result = parse_quoted(&cursor, &error.frame, &quoted);
        verified = verify_icmp(&cursor, &error.frame);
    }
};

// An error from a router outside about a reply becomes, byte for byte, one about what the server sent.
void expect_error_to_server(const Scene& scene, const Packet& reply, const Packet& servers_own,
                            std::size_t quoted) {
    Error before = {
        .outer = {.source = ip(scene.router), .destination = ip(scene.virtual_address), .ttl = 33},
        .icmp = {.type = scene.unreachable, .code = 1},
        .about = reply,
        .quoted = quoted};
    Translation translation(build_error(before));
    ASSERT_EQ(translation.quoted_result, PACKET_PARSED);
    ASSERT_EQ(translation.verified, PACKET_PARSED);
    EXPECT_EQ(translation.quoted.source_port, wire_port(80));
    const address server = abi_address(scene.server);
    translate_error_to_server(&translation.error.frame, &translation.quoted, &server, wire_port(8080));
    Error after = before;
    after.outer.destination = ip(scene.server);
    after.outer.ttl = 32;
    after.about = servers_own;
    EXPECT_EQ(translation.block.bytes(), build_error(after)) << "quoted bytes: " << quoted;
}

// An error from the server about a request becomes, byte for byte, one about what the client sent.
void expect_error_to_client(const Scene& scene, const Packet& request, const Packet& clients_own,
                            std::size_t quoted) {
    Error before = {.outer = {.source = ip(scene.server), .destination = ip(scene.client), .ttl = 33},
                    .icmp = {.type = scene.unreachable, .code = 3},
                    .about = request,
                    .quoted = quoted};
    Translation translation(build_error(before));
    ASSERT_EQ(translation.quoted_result, PACKET_PARSED);
    ASSERT_EQ(translation.verified, PACKET_PARSED);
    EXPECT_EQ(translation.quoted.destination_port, wire_port(8080));
    const address virtual_address = abi_address(scene.virtual_address);
    translate_error_to_client(&translation.error.frame, &translation.quoted, &virtual_address, wire_port(80));
    Error after = before;
    after.outer.source = ip(scene.virtual_address);
    after.outer.ttl = 32;
    after.about = clients_own;
    EXPECT_EQ(translation.block.bytes(), build_error(after)) << "quoted bytes: " << quoted;
}

TEST(IcmpError, AboutAReplyGoesToItsServerWithEveryChecksumRight) {
    for (const Scene& scene : {v4_scene, v6_scene}) {
        for (const std::size_t extra : {8, 9, 16, 18, 20, 64, 120}) {  // 18: the TCP checksum is just there
            expect_error_to_server(scene, tcp_packet(scene.virtual_address, 80, scene.client, 40000),
                                   tcp_packet(scene.server, 8080, scene.client, 40000), scene.header + extra);
            expect_error_to_server(scene, udp_packet(scene.virtual_address, 80, scene.client, 40000),
                                   udp_packet(scene.server, 8080, scene.client, 40000), scene.header + extra);
        }
    }
}

TEST(IcmpError, AboutARequestGoesToItsClientWithEveryChecksumRight) {
    for (const Scene& scene : {v4_scene, v6_scene}) {
        for (const std::size_t extra : {8, 9, 16, 18, 20, 64, 120}) {
            expect_error_to_client(scene, tcp_packet(scene.client, 40000, scene.server, 8080),
                                   tcp_packet(scene.client, 40000, scene.virtual_address, 80),
                                   scene.header + extra);
            expect_error_to_client(scene, udp_packet(scene.client, 40000, scene.server, 8080),
                                   udp_packet(scene.client, 40000, scene.virtual_address, 80),
                                   scene.header + extra);
        }
    }
}

TEST(IcmpError, QuotingHalfATcpChecksumLeavesThatHalfAndStaysRightItself) {
    const Packet reply = tcp_packet(v4_scene.virtual_address, 80, v4_scene.client, 40000);
    Translation translation(
        build_error({.outer = {.source = ip(v4_scene.router), .destination = ip("192.168.88.23")},
                     .icmp = {.type = 3, .code = 1},
                     .about = reply,
                     .quoted = 20 + 17}));
    const Bytes before = translation.block.bytes();
    const address server = abi_address(v4_scene.server);
    translate_error_to_server(&translation.error.frame, &translation.quoted, &server, wire_port(8080));
    const Bytes after = translation.block.bytes();
    EXPECT_NE(after, before);
    EXPECT_EQ(after.back(), before.back());
    EXPECT_EQ(test::frame_fault(after), std::nullopt);
}

TEST(IcmpError, MayQuoteOptionsAndExtensionHeaders) {
    Packet reply = tcp_packet(v4_scene.virtual_address, 80, v4_scene.client, 40000);
    Packet servers_own = tcp_packet(v4_scene.server, 8080, v4_scene.client, 40000);
    reply.options = servers_own.options = Bytes(8, 1);
    expect_error_to_server(v4_scene, reply, servers_own, 40);
    reply = tcp_packet(v6_scene.virtual_address, 80, v6_scene.client, 40000);
    servers_own = tcp_packet(v6_scene.server, 8080, v6_scene.client, 40000);
    reply.extensions = servers_own.extensions = {test::options_extension(PROTOCOL_DESTINATION, 3)};
    expect_error_to_server(v6_scene, reply, servers_own, 40 + 24 + 20);
}

TEST(IcmpError, QuotingUdpWithoutChecksumKeepsItSo) {
    Packet reply = udp_packet(v4_scene.virtual_address, 80, v4_scene.client, 40000);
    Packet servers_own = udp_packet(v4_scene.server, 8080, v4_scene.client, 40000);
    std::get<test::Udp>(reply.transport).checksum = test::UdpChecksum::none;
    std::get<test::Udp>(servers_own.transport).checksum = test::UdpChecksum::none;
    expect_error_to_server(v4_scene, reply, servers_own, 28);
}

Error unreachable_about(const Packet& about, std::size_t quoted) {
    return {.outer = {.source = ip("10.9.9.9"), .destination = ip("192.168.88.23")},
            .icmp = {.type = 3, .code = 3},
            .about = about,
            .quoted = quoted};
}

TEST(IcmpError, IsRefusedWhereTheQuoteEndsBeforeThePorts) {
    const Packet about = tcp_packet("192.168.88.23", 80, "192.168.88.21", 40000);
    for (std::size_t quoted = 0; quoted < 28; ++quoted) {
        EXPECT_EQ(Translation(build_error(unreachable_about(about, quoted))).quoted_result, VERDICT_bad_icmp)
            << quoted;
    }
    EXPECT_EQ(Translation(build_error(unreachable_about(about, 28))).quoted_result, PACKET_PARSED);
}

TEST(IcmpError, IsRefusedWhereItQuotesTheOtherFamily) {
    const Packet about = tcp_packet("2001:db8::23", 80, "2001:db8::21", 40000);
    EXPECT_EQ(Translation(build_error(unreachable_about(about, 60))).quoted_result, VERDICT_bad_icmp);
}

TEST(IcmpError, HasAWrongChecksumWhereAnyBitIsWrong) {
    for (const Scene& scene : {v4_scene, v6_scene}) {
        Error error =
            unreachable_about(tcp_packet(scene.virtual_address, 80, scene.client, 40000), scene.header + 9);
        error.outer.source = ip(scene.router);
        error.outer.destination = ip(scene.virtual_address);
        error.icmp.type = scene.unreachable;
        const Bytes right = build_error(error);
        ASSERT_EQ(Translation(right).verified, PACKET_PARSED);
        for (std::size_t at = 14 + scene.header + 1; at < right.size(); ++at) {
            Bytes wrong = right;
            wrong[at] ^= 0x10;
            EXPECT_EQ(Translation(wrong).verified, VERDICT_bad_icmp) << at;
        }
    }
}

TEST(IcmpError, LongerThanTheSumReachesIsLeftToItsReceiver) {
    Packet about = tcp_packet("192.168.88.23", 80, "192.168.88.21", 40000);
    about.payload = Bytes(3000);
    Bytes bytes = build_error(unreachable_about(about, 2000));
    bytes.back() ^= 1;
    EXPECT_EQ(Translation(bytes).verified, PACKET_PARSED);
}

TEST(IcmpError, AsksForMoreLinearBytes) {
    const Bytes bytes =
        build_error(unreachable_about(tcp_packet("192.168.88.23", 80, "192.168.88.21", 40000), 60));
    Block block(bytes);
    const cursor cursor = block.linear(60);
    struct frame error = {};
    struct frame quoted = {};
    ASSERT_EQ(parse_frame(&cursor, &error), PACKET_PARSED);
    EXPECT_EQ(parse_quoted(&cursor, &error, &quoted), PACKET_NOT_LINEAR);
    EXPECT_EQ(verify_icmp(&cursor, &error), PACKET_NOT_LINEAR);
}

// What a hook does: room in front, cut or grown behind.
Bytes make_room(const Bytes& bytes, const answer& plan) {
    Bytes room(plan.head, 0xcc);
    room.insert(room.end(), bytes.begin(), bytes.end());
    room.resize(plan.frame_length);
    return room;
}

struct Answered {
    Bytes bytes;
    struct frame frame = {};
    answer plan = {};
};

Answered answer_to(const Bytes& bytes, answer_kind kind, const char* from, __u32 mtu) {
    Answered answered;
    answered.frame = parse(bytes).frame;
    answered.plan = plan_answer(&answered.frame);
    Block block(make_room(bytes, answered.plan));
    const cursor cursor = block.whole();
    const address source = abi_address(from);
    EXPECT_TRUE(write_answer(&cursor, &answered.frame, &answered.plan, kind, &source, mtu));
    answered.bytes = block.bytes();
    return answered;
}

TEST(IcmpAnswer, IsTheErrorThatAnyRouterWouldSend) {
    struct Case {
        answer_kind kind;
        test::Icmp v4, v6;
    };
    const Case cases[] = {
        {ANSWER_PORT_UNREACHABLE, {.type = 3, .code = 3}, {.type = 1, .code = 4}},
        {ANSWER_TIME_EXCEEDED, {.type = 11, .code = 0}, {.type = 3, .code = 0}},
        {ANSWER_TOO_BIG, {.type = 3, .code = 4, .rest = 1400}, {.type = 2, .code = 0, .rest = 1400}}};
    for (const Case& row : cases) {
        for (const Scene& scene : {v4_scene, v6_scene}) {
            for (const std::size_t tags : {0, 1, 2}) {
                Packet request = tcp_packet(scene.client, 40000, scene.virtual_address, 80);
                request.tags.resize(tags, {.vlan = 7, .priority = 3});
                const Answered answered =
                    answer_to(build_frame(request), row.kind, scene.virtual_address, 1400);
                Error expected = {
                    .outer = {.destination_mac = request.source_mac,
                              .source_mac = request.destination_mac,
                              .tags = request.tags,
                              .source = ip(scene.virtual_address),
                              .destination = ip(scene.client),
                              .service = static_cast<std::uint8_t>(scene.header == 20 ? 0xc0 : 0),
                              .identification = 0},
                    .icmp = scene.header == 20 ? row.v4 : row.v6,
                    .about = request,
                    .quoted = 9999};
                EXPECT_EQ(answered.bytes, build_error(expected));
                EXPECT_EQ(test::frame_fault(answered.bytes), std::nullopt);
            }
        }
    }
}

TEST(IcmpAnswer, QuotesAsMuchAsTheStandardsAllow) {
    Packet request = tcp_packet(v4_scene.client, 40000, v4_scene.virtual_address, 80);
    request.payload = Bytes(1400, 0x55);
    EXPECT_EQ(answer_to(build_frame(request), ANSWER_TOO_BIG, v4_scene.virtual_address, 1000).bytes.size(),
              14u + 576);
    request = tcp_packet(v6_scene.client, 40000, v6_scene.virtual_address, 80);
    request.payload = Bytes(1400, 0x55);
    const Answered v6 = answer_to(build_frame(request), ANSWER_TOO_BIG, v6_scene.virtual_address, 1280);
    EXPECT_EQ(v6.bytes.size(), 14u + 1280);
    EXPECT_EQ(test::frame_fault(v6.bytes), std::nullopt);
}

TEST(IcmpAnswer, QuotesThePacketWholeUpToTheLimitAndNoByteMore) {
    const auto quoted = [](const Scene& scene, std::size_t size) {
        Packet request = tcp_packet(scene.client, 40000, scene.virtual_address, 80);
        request.payload = Bytes(size - scene.header - 20, 0x55);
        const Parsed parsed = parse(build_frame(request));
        return plan_answer(&parsed.frame).quoted;
    };
    for (const std::size_t size : {547, 548, 549, 576, 577}) {
        EXPECT_EQ(quoted(v4_scene, size), std::min<std::size_t>(size, 576 - 28)) << size;
    }
    for (const std::size_t size : {1231, 1232, 1233, 1280, 1281}) {
        EXPECT_EQ(quoted(v6_scene, size), std::min<std::size_t>(size, 1280 - 48)) << size;
    }
}

TEST(IcmpAnswer, DoesNotQuoteEthernetPadding) {
    Packet request = tcp_packet(v4_scene.client, 40000, v4_scene.virtual_address, 80);
    request.payload = {1};
    request.padded_to = 60;
    EXPECT_EQ(answer_to(build_frame(request), ANSWER_TIME_EXCEEDED, v4_scene.virtual_address, 0).plan.quoted,
              41u);
}

TEST(IcmpAnswer, IsNotWrittenWhereTheRoomIsMissing) {
    const Bytes bytes = build_frame(tcp_packet(v4_scene.client, 40000, v4_scene.virtual_address, 80));
    const Parsed parsed = parse(bytes);
    const answer plan = plan_answer(&parsed.frame);
    const address from = abi_address(v4_scene.virtual_address);
    for (std::size_t size = 0; size < plan.frame_length; ++size) {
        Bytes room = make_room(bytes, plan);
        room.resize(size);
        Block block(room);
        const cursor cursor = block.whole();
        EXPECT_FALSE(write_answer(&cursor, &parsed.frame, &plan, ANSWER_TIME_EXCEEDED, &from, 0)) << size;
    }
}

bool answerable(const Packet& packet) {
    const Parsed parsed = parse(build_frame(packet));
    EXPECT_EQ(parsed.result, PACKET_PARSED);
    return may_answer(&parsed.frame);
}

TEST(IcmpAnswer, IsNeverGivenToAnErrorOrALaterFragment) {
    Packet packet = v4_packet();
    EXPECT_TRUE(answerable(packet));
    packet.payload = Bytes(64);
    packet.fragment = test::Fragment{.offset = 0, .more = true};
    EXPECT_TRUE(answerable(packet));
    packet.fragment = test::Fragment{.offset = 64, .more = true};
    EXPECT_FALSE(answerable(packet));
    packet.fragment = {};
    for (const unsigned type : {3, 4, 5, 11, 12}) {
        packet.transport = test::Icmp{.type = static_cast<std::uint8_t>(type)};
        EXPECT_FALSE(answerable(packet)) << type;
    }
    packet.transport = test::Icmp{.type = 8};
    EXPECT_TRUE(answerable(packet));
    packet = v6_packet();
    for (const unsigned type : {1, 2, 3, 4, 127, 137}) {
        packet.transport = test::Icmp{.type = static_cast<std::uint8_t>(type)};
        EXPECT_FALSE(answerable(packet)) << type;
    }
    packet.transport = test::Icmp{.type = 128};
    EXPECT_TRUE(answerable(packet));
}

TEST(IcmpAnswer, IsNeverGivenToOrAboutWhatIsNoSingleStation) {
    for (const char* other :
         {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.18", "255.255.255.255", "240.0.0.1"}) {
        Packet packet = v4_packet();
        packet.source = ip(other);
        EXPECT_FALSE(answerable(packet)) << other;
        packet = v4_packet();
        packet.destination = ip(other);
        EXPECT_FALSE(answerable(packet)) << other;
    }
    for (const char* other : {"::", "::1", "ff02::1"}) {
        Packet packet = v6_packet();
        packet.source = ip(other);
        EXPECT_FALSE(answerable(packet)) << other;
        packet = v6_packet();
        packet.destination = ip(other);
        EXPECT_FALSE(answerable(packet)) << other;
    }
    Packet packet = v4_packet();
    packet.source = ip("223.255.255.255");
    EXPECT_TRUE(answerable(packet));
    packet = v6_packet();
    packet.source = ip("::2");
    EXPECT_TRUE(answerable(packet));
}

}  // namespace
}  // namespace lvx::packet
