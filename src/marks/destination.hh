// Sets of packets by what src/marks can know of them: destination address, protocol (tcp or udp) and destination port.
// Both families are one line of numbers, IPv4 as ::ffff:a.b.c.d, so that a family is a range like any other.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.hh"
#include "model/model.hh"

namespace lvx::marks {

using Number = unsigned __int128;

[[nodiscard]] Number number_of(const Address& address);
[[nodiscard]] Address address_of(Number number);

// Both ends belong to it.
struct Range {
    Number first = 0, last = 0;
    auto operator<=>(const Range&) const = default;
};

inline constexpr Range whole_line{0, ~Number{0}};
inline constexpr Range v4_line{Number{0xffff} << 32, (Number{0xffff} << 32) | 0xffffffffu};
inline constexpr Range all_ports{0, 65535};
inline constexpr unsigned v4_offset = 96;  // bits of the line in front of an IPv4 address

using Ranges = std::vector<Range>;

// All numbers that begin with the first `length` bits (0 to 128) of this one.
[[nodiscard]] Range prefix(Number number, unsigned length);

// Sorted, those that touch or overlap joined.
[[nodiscard]] Ranges tidied(Ranges ranges);
// What of `within` is in none of them; `ranges` are tidied.
[[nodiscard]] Ranges outside(const Ranges& ranges, const Range& within);
// What is in both; both are tidied.
[[nodiscard]] Ranges common(const Ranges& one, const Ranges& other);
// IPv6 is the line without IPv4.
[[nodiscard]] const Ranges& family_line(Family family);

// Bits of Protocols.
enum : std::uint8_t { no_protocol = 0, tcp = 1, udp = 2, both_protocols = 3 };
using Protocols = std::uint8_t;

// By the protocol's number; 0 (any) is both; what is neither tcp nor udp is none.
[[nodiscard]] Protocols protocols_of(Number number);

// The packets that lie in one of the ranges of each kind.  Ranges are tidied.
struct Destination {
    Ranges addresses{whole_line};
    Protocols protocols = both_protocols;
    Ranges ports{all_ports};
    bool operator==(const Destination&) const = default;
};

// A piece of the space: packets that have been treated alike so far.
struct Box {
    Range addresses = whole_line;
    Protocols protocols = both_protocols;
    Range ports = all_ports;
    std::uint32_t mark = 0;
    std::uint32_t by = 0;  // rule that changed the mark last (evaluate.cc); 0: none
    bool operator==(const Box&) const = default;
};

using Boxes = std::vector<Box>;

// Puts the parts of `box` where they belong; together they are the box again.
void split(const Box& box, const Destination& destination, Boxes& inside, Boxes& left);

}  // namespace lvx::marks
