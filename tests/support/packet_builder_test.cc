// Builder and oracle against frames a Linux kernel sent over a veth without checksum offload.
#include "tests/support/packet_builder.hh"

#include <gtest/gtest.h>

#include <string_view>

namespace lvx::test {
namespace {

Bytes bytes_of(std::string_view hex) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

Address ip(std::string_view text) { return Address::parse(text).value(); }

const Bytes udp4 =
    bytes_of("1a7e45e644c682218726304b08004500001f41194000401175b1c0000201c000020298251388000bfcc16f6464");
const Bytes unreachable4 = bytes_of(
    "82218726304b1a7e45e644c6080045c0003b2d3a00004001c8c4c0000202c00002010303811d00000000"
    "4500001f41194000401175b1c0000201c000020298251388000bfcc16f6464");
const Bytes syn4 = bytes_of(
    "1a7e45e644c682218726304b08004500003cd1b640004006e501c0000201c0000202c5e60050"
    "14e850c500000000a002faf082920000020405b40402080aa2897808000000000103030a");
const Bytes udp6 = bytes_of(
    "1a7e45e644c682218726304b86dd6003cd3a000b114020010db800000000000000000000000120010db8000000000000"
    "000000000002e4311388000bd9446f6464");
const Bytes unreachable6 = bytes_of(
    "82218726304b1a7e45e644c686dd600328a9003b3a4020010db800000000000000000000000220010db8000000000000"
    "000000000001010464a4000000006003cd3a000b114020010db800000000000000000000000120010db8000000000000"
    "000000000002e4311388000bd9446f6464");
const Bytes report6 = bytes_of(
    "3333000000161a7e45e644c686dd600000000038000100000000000000000000000000000000ff020000000000000000"
    "0000000000163a000502000001008f0027c20000000204000000ff0200000000000000000001ff00000204000000"
    "ff0200000000000000000001ffe644c6");

constexpr Mac near = {0x82, 0x21, 0x87, 0x26, 0x30, 0x4b};
constexpr Mac far = {0x1a, 0x7e, 0x45, 0xe6, 0x44, 0xc6};

Packet kernels_udp4() {
    return {.destination_mac = far,
            .source_mac = near,
            .source = ip("192.0.2.1"),
            .destination = ip("192.0.2.2"),
            .identification = 0x4119,
            .transport = Udp{.source_port = 38949, .destination_port = 5000},
            .payload = {'o', 'd', 'd'}};
}

TEST(PacketBuilder, BuildsTheUdpPacketTheKernelBuilt) { EXPECT_EQ(build_frame(kernels_udp4()), udp4); }

TEST(PacketBuilder, BuildsTheTcpPacketTheKernelBuilt) {
    Packet packet = kernels_udp4();
    packet.identification = 0xd1b6;
    packet.transport = Tcp{.source_port = 50662,
                           .destination_port = 80,
                           .flags = 2,
                           .sequence = 350769349,
                           .acknowledgement = 0,
                           .window = 64240,
                           .options = bytes_of("020405b40402080aa2897808000000000103030a")};
    packet.payload = {};
    EXPECT_EQ(build_frame(packet), syn4);
}

TEST(PacketBuilder, BuildsTheErrorTheKernelBuilt) {
    const Error error = {.outer = {.destination_mac = near,
                                   .source_mac = far,
                                   .source = ip("192.0.2.2"),
                                   .destination = ip("192.0.2.1"),
                                   .service = 0xc0,
                                   .identification = 0x2d3a,
                                   .dont_fragment = false},
                         .icmp = {.type = 3, .code = 3},
                         .about = kernels_udp4(),
                         .quoted = 99};
    EXPECT_EQ(build_error(error), unreachable4);
}

TEST(PacketBuilder, BuildsTheExtensionHeaderTheKernelBuilt) {
    const Packet packet = {.destination_mac = {0x33, 0x33, 0, 0, 0, 0x16},
                           .source_mac = far,
                           .source = ip("::"),
                           .destination = ip("ff02::16"),
                           .ttl = 1,
                           .extensions = {{.protocol = 0, .bytes = bytes_of("00050200000100")}},
                           .transport = Icmp{.type = 0x8f, .rest = 2},
                           .payload = {report6.begin() + 70, report6.end()}};
    EXPECT_EQ(build_frame(packet), report6);
}

TEST(FrameOracle, AcceptsWhatTheKernelSends) {
    for (const Bytes& frame : {udp4, unreachable4, syn4, udp6, unreachable6, report6}) {
        EXPECT_EQ(frame_fault(frame), std::nullopt);
    }
}

// No checksum covers version, traffic class, flow label and hop limit of IPv6, nor extension headers; another
// next header is another packet.
TEST(FrameOracle, SeesAnyWrongBitThatAChecksumCovers) {
    for (const Bytes& frame : {udp4, unreachable4, syn4, udp6, unreachable6, report6}) {
        const bool v6 = frame[12] == 0x86;
        for (std::size_t at = 14; at < frame.size(); ++at) {
            if (v6 && (at <= 17 || at == 20 || at == 21)) continue;
            if (frame == report6 && at >= 54 && at <= 61) continue;
            Bytes wrong = frame;
            wrong[at] ^= 0x04;
            EXPECT_FALSE(checksums_valid(wrong)) << "byte " << at << " of " << frame.size();
        }
    }
}

}  // namespace
}  // namespace lvx::test
