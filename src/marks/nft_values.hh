// What a rule of nft compares (an expression) and with what (values), as sets of destinations.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "marks/json.hh"
#include "marks/rules.hh"

namespace lvx::marks {

// Named sets and maps of one table, as listed.
using NamedSets = std::map<std::string, Json, std::less<>>;

enum class Part : std::uint8_t { address, port, protocol, family, mark };

// One thing that is compared.
struct Compared {
    Part part = Part::address;
    Destination implied;             // packets that have such a thing at all
    std::uint32_t mask = 0xffffffff; // of a mark
};

// Why a rule is not followed: "depends on source address".
template <class T>
using Followed = std::expected<T, std::string>;

[[nodiscard]] Followed<Compared> compared(const Json& expression);
// The same for `a . b . c`; a mark is no part of one.
[[nodiscard]] Followed<std::vector<Compared>> compared_together(const Json& expression);

// The elements of a set: of one written in the rule, of a named one ("@vips"), or the value itself.
[[nodiscard]] Followed<std::vector<const Json*>> elements_of(const Json& value, const NamedSets& sets);
// Pairs of a map's key and value.
struct MapElement {
    const Json *key, *value;
};
[[nodiscard]] Followed<std::vector<MapElement>> map_elements_of(const Json& data, const NamedSets& sets);

// Numbers of one element: an address, a port, a mark; one, a prefix or a range.
[[nodiscard]] Followed<Range> range_of(Part part, const Json& element);
// The packets of one element: of `a . b` those that have both.
[[nodiscard]] Followed<Destination> destination_of(const std::vector<Compared>& parts, const Json& element);
[[nodiscard]] Destination destination_of(Part part, const Ranges& values);
// Those for which all parts exist.
[[nodiscard]] Destination implied_by(const std::vector<Compared>& parts);
// The largest number a part can have.
[[nodiscard]] Number largest(Part part);

}  // namespace lvx::marks
