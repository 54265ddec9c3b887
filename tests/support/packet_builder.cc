#include "tests/support/packet_builder.hh"

#include <algorithm>

#include "base/ensure.hh"

namespace lvx::test {
namespace {

void put(Bytes& to, std::span<const std::uint8_t> bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

void put8(Bytes& to, std::uint32_t value) { to.push_back(static_cast<std::uint8_t>(value)); }

void put16(Bytes& to, std::uint32_t value) {
    put8(to, value >> 8);
    put8(to, value & 0xff);
}

void put32(Bytes& to, std::uint32_t value) {
    put16(to, value >> 16);
    put16(to, value & 0xffff);
}

void put_address(Bytes& to, const Address& address) {
    put(to, std::span(address.mapped()).subspan(address.is_v4() ? 12 : 0));
}

std::uint32_t words_of(std::span<const std::uint8_t> bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 ? bytes[i] : bytes[i] * 256u;
    return sum;
}

// RFC 1071, one carry at a time.
std::uint16_t complement(std::uint32_t sum) {
    while (sum > 0xffff)
        sum = sum - 0x10000 + 1;
    return static_cast<std::uint16_t>(0xffff - sum);
}

std::uint32_t pseudo_sum(const Packet& packet, std::uint8_t protocol, std::size_t length) {
    Bytes header;
    put_address(header, packet.source);
    put_address(header, packet.destination);
    put32(header, protocol);
    put32(header, static_cast<std::uint32_t>(length));
    return words_of(header);
}

void store16(Bytes& bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(value & 0xff);
}

Bytes tcp_header(const Tcp& tcp) {
    Bytes bytes;
    put16(bytes, tcp.source_port);
    put16(bytes, tcp.destination_port);
    put32(bytes, tcp.sequence);
    put32(bytes, tcp.acknowledgement);
    put8(bytes, static_cast<std::uint32_t>((20 + tcp.options.size()) / 4) << 4);
    put8(bytes, tcp.flags);
    put16(bytes, tcp.window);
    put32(bytes, 0);
    put(bytes, tcp.options);
    return bytes;
}

Bytes udp_header(const Udp& udp, std::size_t payload) {
    Bytes bytes;
    put16(bytes, udp.source_port);
    put16(bytes, udp.destination_port);
    put16(bytes, static_cast<std::uint32_t>(8 + payload));
    put16(bytes, 0);
    return bytes;
}

Bytes icmp_header(const Icmp& icmp) {
    Bytes bytes;
    put8(bytes, icmp.type);
    put8(bytes, icmp.code);
    put16(bytes, 0);
    put32(bytes, icmp.rest);
    return bytes;
}

std::uint8_t protocol_of(const Packet& packet) {
    if (const auto* other = std::get_if<Other>(&packet.transport)) return other->protocol;
    if (std::holds_alternative<Tcp>(packet.transport)) return 6;
    if (std::holds_alternative<Udp>(packet.transport)) return 17;
    return packet.source.is_v4() ? 1 : 58;
}

bool is_later_fragment(const Packet& packet) { return packet.fragment && packet.fragment->offset > 0; }

// Header and payload of the transport with its checksum; a later fragment is payload alone.
Bytes build_transport(const Packet& packet) {
    if (is_later_fragment(packet) || std::holds_alternative<Other>(packet.transport)) return packet.payload;
    const std::uint8_t protocol = protocol_of(packet);
    Bytes bytes;
    if (const auto* tcp = std::get_if<Tcp>(&packet.transport)) bytes = tcp_header(*tcp);
    const auto* udp = std::get_if<Udp>(&packet.transport);
    if (udp != nullptr) bytes = udp_header(*udp, packet.payload.size());
    if (const auto* icmp = std::get_if<Icmp>(&packet.transport)) bytes = icmp_header(*icmp);
    put(bytes, packet.payload);
    if (udp != nullptr && udp->checksum == UdpChecksum::none) return bytes;

    const std::uint32_t pseudo = protocol == 1 ? 0 : pseudo_sum(packet, protocol, bytes.size());
    std::uint16_t checksum = complement(words_of(bytes) + pseudo);
    if (protocol == 17 && checksum == 0) checksum = 0xffff;
    store16(bytes, protocol == 6 ? 16 : protocol == 17 ? 6 : 2, checksum);
    return bytes;
}

Bytes ipv4_header(const Packet& packet, std::size_t payload) {
    const Fragment fragment = packet.fragment.value_or(Fragment{});
    Bytes bytes;
    put8(bytes, 0x40 | static_cast<std::uint32_t>((20 + packet.options.size()) / 4));
    put8(bytes, packet.service);
    put16(bytes, static_cast<std::uint32_t>(20 + packet.options.size() + payload));
    put16(bytes, packet.identification);
    put16(bytes, (packet.dont_fragment && !packet.fragment ? 0x4000u : 0u) | (fragment.more ? 0x2000u : 0u) |
                     fragment.offset / 8u);
    put8(bytes, packet.ttl);
    put8(bytes, protocol_of(packet));
    put16(bytes, 0);
    put_address(bytes, packet.source);
    put_address(bytes, packet.destination);
    put(bytes, packet.options);
    store16(bytes, 10, complement(words_of(bytes)));
    return bytes;
}

Extension fragment_extension(const Packet& packet) {
    Bytes bytes;
    put8(bytes, 0);
    put16(bytes, packet.fragment->offset | (packet.fragment->more ? 1u : 0u));
    put32(bytes, packet.identification);
    return {44, bytes};
}

Bytes ipv6_header(const Packet& packet, std::size_t payload) {
    auto extensions = packet.extensions;
    if (packet.fragment) extensions.push_back(fragment_extension(packet));
    Bytes chain;
    for (std::size_t i = 0; i < extensions.size(); ++i) {
        put8(chain, i + 1 < extensions.size() ? extensions[i + 1].protocol : protocol_of(packet));
        put(chain, extensions[i].bytes);
    }
    Bytes bytes;
    put32(bytes, 0x60000000u | std::uint32_t{packet.service} << 20);
    put16(bytes, static_cast<std::uint32_t>(chain.size() + payload));
    put8(bytes, extensions.empty() ? protocol_of(packet) : extensions.front().protocol);
    put8(bytes, packet.ttl);
    put_address(bytes, packet.source);
    put_address(bytes, packet.destination);
    put(bytes, chain);
    return bytes;
}

}  // namespace

Bytes build_network(const Packet& packet) {
    ensure(packet.source.family() == packet.destination.family());
    const Bytes transport = build_transport(packet);
    Bytes bytes =
        packet.source.is_v4() ? ipv4_header(packet, transport.size()) : ipv6_header(packet, transport.size());
    put(bytes, transport);
    return bytes;
}

Bytes build_frame(const Packet& packet) {
    Bytes bytes;
    put(bytes, packet.destination_mac);
    put(bytes, packet.source_mac);
    for (const Tag& tag : packet.tags) {
        put16(bytes, tag.type);
        put16(bytes, static_cast<std::uint32_t>(tag.priority << 13) | tag.vlan);
    }
    put16(bytes, packet.source.is_v4() ? 0x0800 : 0x86dd);
    put(bytes, build_network(packet));
    bytes.resize(std::max(bytes.size(), packet.padded_to));
    return bytes;
}

Bytes build_error(const Error& error) {
    Packet outer = error.outer;
    outer.transport = error.icmp;
    outer.payload = build_network(error.about);
    outer.payload.resize(std::min(outer.payload.size(), error.quoted));
    return build_frame(outer);
}

Extension options_extension(std::uint8_t protocol, std::uint8_t units) {
    Bytes bytes(std::size_t{units} * 8 - 1, 0);
    bytes[0] = static_cast<std::uint8_t>(units - 1);
    return {protocol, bytes};
}

Extension routing_extension(std::uint8_t segments_left) {
    Bytes bytes(7, 0);
    bytes[1] = 4;  // segment routing; its type does not matter here
    bytes[2] = segments_left;
    return {43, bytes};
}

Extension authentication_extension() {
    Bytes bytes(15, 0);
    bytes[0] = 2;  // 16 bytes: two words less than their number of words
    return {51, bytes};
}

}  // namespace lvx::test
