#include "tests/support/right_frames.hh"

#include <utility>

#include <fmt/format.h>

namespace lvx::test {
namespace {

struct NamedPacket {
    std::string name;
    Packet packet;
};

Address ip(std::string_view text) { return Address::parse(text).value(); }

Packet base_of(Family family) {
    if (family == Family::v4) return {.source = ip("192.168.88.21"), .destination = ip("192.168.88.23")};
    return {.source = ip("2001:db8::21"), .destination = ip("2001:db8::23")};
}

void add_transports(std::vector<NamedPacket>& packets, const std::string& prefix, const Packet& base) {
    const Udp none = {.source_port = 1, .destination_port = 53, .checksum = UdpChecksum::none};
    const std::pair<const char*, decltype(Packet::transport)> transports[] = {
        {"tcp", Tcp{.source_port = 40000, .destination_port = 80, .flags = 2, .options = Bytes(8, 1)}},
        {"udp", Udp{.source_port = 40000, .destination_port = 53}},
        {"udp-no-checksum", none},
        {"icmp", Icmp{.type = static_cast<std::uint8_t>(base.source.is_v4() ? 8 : 128)}},
        {"gre", Other{.protocol = 47}}};
    for (const auto& [name, transport] : transports) {
        Packet packet = base;
        packet.transport = transport;
        packet.payload = Bytes(33, 0x5a);
        packets.push_back({prefix + name, packet});
    }
}

void add_fragments(std::vector<NamedPacket>& packets, const std::string& prefix, const Packet& base) {
    Packet packet = base;
    packet.payload = Bytes(64, 1);
    packet.fragment = Fragment{.offset = 0, .more = true};
    packets.push_back({prefix + "first-fragment", packet});
    packet.fragment = Fragment{.offset = 64, .more = true};
    packets.push_back({prefix + "later-fragment", packet});
}

void add_ipv4(std::vector<NamedPacket>& packets) {
    Packet packet = base_of(Family::v4);
    packet.options = Bytes(40, 1);
    packet.tags = {{.type = 0x88a8, .vlan = 2}, {.vlan = 9, .priority = 3}};
    packets.push_back({"ipv4-options-two-tags", packet});
    packet = base_of(Family::v4);
    packet.padded_to = 60;
    packets.push_back({"ipv4-padded", packet});
}

void add_ipv6(std::vector<NamedPacket>& packets) {
    Packet packet = base_of(Family::v6);
    packet.extensions = {options_extension(0, 1), options_extension(60, 4), routing_extension(0),
                         authentication_extension(), options_extension(60, 1)};
    packets.push_back({"ipv6-extensions", packet});
    packet.fragment = Fragment{};
    packet.tags = {{.vlan = 7}};
    packets.push_back({"ipv6-atomic-fragment-tag", packet});
    packet = base_of(Family::v6);
    packet.extensions = {routing_extension(2)};
    packets.push_back({"ipv6-segments-left", packet});
    packet = base_of(Family::v6);
    packet.transport = Udp{.source_port = 1, .destination_port = 2};
    packet.payload = Bytes(1300, 0x33);
    packets.push_back({"ipv6-large", packet});
}

std::vector<NamedPacket> right_packets() {
    std::vector<NamedPacket> packets;
    for (const Family family : {Family::v4, Family::v6}) {
        const std::string prefix = family == Family::v4 ? "ipv4-" : "ipv6-";
        add_transports(packets, prefix, base_of(family));
        add_fragments(packets, prefix, base_of(family));
    }
    add_ipv4(packets);
    add_ipv6(packets);
    return packets;
}

NamedFrame error_about(const NamedPacket& about, std::size_t extra) {
    const bool v4 = about.packet.source.is_v4();
    const Error error = {
        .outer = {.source = ip(v4 ? "10.9.9.9" : "fd00:9::9"), .destination = about.packet.source, .ttl = 9},
        .icmp = {.type = static_cast<std::uint8_t>(v4 ? 3 : 1), .code = 1},
        .about = about.packet,
        .quoted = (v4 ? 20u : 40u) + extra};
    return {fmt::format("error-{}-{}", extra, about.name), build_error(error)};
}

}  // namespace

std::vector<NamedFrame> right_frames() {
    std::vector<NamedFrame> frames;
    const std::vector<NamedPacket> packets = right_packets();
    for (const auto& [name, packet] : packets)
        frames.push_back({name, build_frame(packet)});
    for (const NamedPacket& packet : packets)
        frames.push_back(error_about(packet, 20));
    for (const std::size_t extra : {8, 17, 61, 1200}) {
        frames.push_back(error_about(packets.front(), extra));
        frames.push_back(error_about(packets.back(), extra));
    }
    return frames;
}

}  // namespace lvx::test
