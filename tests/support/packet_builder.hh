// Builds frames for tests, with right lengths and checksums, and checks frames: written naively and apart
// from bpf/packet, which it is the measure of.
//
//   build_frame({.source = client, .destination = vip, .transport = Tcp{.source_port = 40000,
//   .destination_port = 80}})
//
// Whatever is not named has a plain default.  Wrong packets are made by changing bytes of right ones.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/address.hh"

namespace lvx::test {

using Bytes = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;

struct Tag {
    std::uint16_t type = 0x8100;
    std::uint16_t vlan = 0;
    std::uint8_t priority = 0;
};

struct Tcp {
    Port source_port = 0;
    Port destination_port = 0;
    std::uint8_t flags = 0x10;  // ACK
    std::uint32_t sequence = 1;
    std::uint32_t acknowledgement = 1;
    std::uint16_t window = 65535;
    Bytes options = {};  // a multiple of 4 bytes
};

enum class UdpChecksum : std::uint8_t { computed, none };

struct Udp {
    Port source_port = 0;
    Port destination_port = 0;
    UdpChecksum checksum = UdpChecksum::computed;
};

// ICMP or ICMPv6 by the packet's family; the quoted packet of an error is the payload.
struct Icmp {
    std::uint8_t type = 8;
    std::uint8_t code = 0;
    std::uint32_t rest = 0;
};

struct Other {
    std::uint8_t protocol = 0;
};

// An IPv6 extension header; bytes are what follows "next header", its length byte included, a multiple of 8
// less one.
struct Extension {
    std::uint8_t protocol = 0;
    Bytes bytes = {};
};

struct Fragment {
    std::uint16_t offset = 0;  // bytes, a multiple of 8
    bool more = false;
};

struct Packet {
    Mac destination_mac = {2, 0, 0, 0, 0, 1};
    Mac source_mac = {2, 0, 0, 0, 0, 2};
    std::vector<Tag> tags = {};
    Address source = {};
    Address destination = {};  // of the same family
    std::uint8_t ttl = 64;
    std::uint8_t service = 0;
    std::uint16_t identification = 0x1234;
    bool dont_fragment = true;
    std::optional<Fragment> fragment = {};   // in IPv6 a fragment header behind the extensions
    Bytes options = {};                      // IPv4, a multiple of 4 bytes, at most 40
    std::vector<Extension> extensions = {};  // IPv6
    std::variant<Tcp, Udp, Icmp, Other> transport = Tcp{};
    Bytes payload = {};
    std::size_t padded_to = 0;  // Ethernet's padding: 60 for a frame as a wire carries it
};

[[nodiscard]] Bytes build_frame(const Packet& packet);
// From the IP header on, as an ICMP error quotes it.
[[nodiscard]] Bytes build_network(const Packet& packet);
// An ICMP error: outer describes all but type, code and what is quoted.
struct Error {
    Packet outer = {};
    Icmp icmp = {};
    Packet about = {};
    std::size_t quoted = 28;  // bytes of the packet it is about
};
[[nodiscard]] Bytes build_error(const Error& error);

// An extension header of units x 8 bytes, filled with padding options (hop-by-hop and destination options).
[[nodiscard]] Extension options_extension(std::uint8_t protocol, std::uint8_t units);
// A routing header without segments left, or with so many.
[[nodiscard]] Extension routing_extension(std::uint8_t segments_left);
[[nodiscard]] Extension authentication_extension();

// What is wrong with the frame's lengths or checksums: IPv4 header, TCP, UDP, ICMP and, in ICMP errors, the
// quoted packet as far as it is there.  Nothing: all right.  Fragments have no checkable transport checksum.
[[nodiscard]] std::optional<std::string> frame_fault(std::span<const std::uint8_t> frame);
[[nodiscard]] bool checksums_valid(std::span<const std::uint8_t> frame);

}  // namespace lvx::test
