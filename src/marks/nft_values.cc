#include "marks/nft_values.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"
#include "marks/nft.hh"
#include "marks/words.hh"

namespace lvx::marks {

namespace {

using Refused = std::unexpected<std::string>;

Refused depends_on(std::string_view thing) { return Refused(fmt::format("depends on {}", thing)); }
Refused unknown(std::string_view what) { return Refused(fmt::format("has {} that lvx does not know", what)); }

// What else nft can compare.
constexpr std::array other_things{
    Word{"ct", "connection tracking"}, Word{"fib", "routing (fib)"},         Word{"rt", "routing (rt)"},
    Word{"socket", "local sockets"},   Word{"osf", "a fingerprint (osf)"},   Word{"numgen", "a number generator"},
    Word{"jhash", "a hash"},           Word{"symhash", "a hash"},            Word{"exthdr", "an extension header"},
    Word{"tcp option", "a TCP option"}, Word{"ip option", "an IP option"},   Word{"sctp chunk", "an SCTP chunk"},
    Word{"ipsec", "IPsec"},            Word{"tunnel", "a tunnel"},           Word{">>", "a shifted value"},
    Word{"<<", "a shifted value"},     Word{"&", "bits of a value"},         Word{"|", "bits of a value"},
    Word{"^", "bits of a value"},
};

std::string_view meaning_of(std::string_view word, std::string_view otherwise) {
    return meaning(other_things, word).value_or(otherwise);
}

Compared of_family(Part part, Family family) { return {part, {.addresses = family_line(family)}}; }

// Headers that no tcp or udp packet has.
bool is_elsewhere(std::string_view protocol) {
    static constexpr std::array<std::string_view, 10> others{"icmp", "icmpv6", "igmp", "arp", "ah", "esp", "comp", "sctp", "dccp", "udplite"};
    return std::ranges::find(others, protocol) != others.end();
}

Followed<Compared> header_field(std::string_view protocol, std::string_view field) {
    const bool v4 = protocol == "ip", v6 = protocol == "ip6";
    const bool ports = protocol == "tcp" || protocol == "udp" || protocol == "th" || protocol == "sctp" || protocol == "dccp" || protocol == "udplite";
    if (v4 && field == "daddr") return of_family(Part::address, Family::v4);
    if (v6 && field == "daddr") return of_family(Part::address, Family::v6);
    if (v4 && field == "protocol") return of_family(Part::protocol, Family::v4);
    if (v6 && field == "nexthdr") return of_family(Part::protocol, Family::v6);
    if (protocol == "ether" && field == "type") return Compared{Part::family, {}};
    if (ports && field == "dport") {
        const Protocols protocols = protocol == "tcp" ? tcp : protocol == "udp" ? udp : protocol == "th" ? both_protocols : no_protocol;
        return Compared{Part::port, {.protocols = protocols}};
    }
    if (is_elsewhere(protocol)) return Compared{Part::protocol, {.protocols = no_protocol}};
    if (field == "saddr") return depends_on(protocol == "ether" ? "source MAC" : "source address");
    if (ports && field == "sport") return depends_on("source port");
    if (protocol == "tcp" && field == "flags") return depends_on("TCP flags");
    if (protocol.empty()) return depends_on("raw bytes of a header");
    return depends_on(fmt::format("{} {}", protocol, field));
}

Followed<Compared> meta(std::string_view key) {
    if (key == "l4proto") return Compared{Part::protocol, {}};
    if (key == "nfproto" || key == "protocol") return Compared{Part::family, {}};
    if (key == "mark") return Compared{Part::mark, {}};
    if (key.starts_with("iif") || key.starts_with("oif") || key.starts_with("sdif") || key == "ibrname") return depends_on("interface");
    return depends_on(fmt::format("meta {}", key));
}

Followed<Compared> masked(const Json& operands) {
    if (!operands.is_array() || operands.items.size() != 2) return depends_on("bits of a value");
    auto left = compared(operands.items[0]);
    if (!left) return left;
    const auto mask = operands.items[1].integer();
    const bool fits = mask && *mask >= 0 && *mask <= 0xffffffff;
    if (left->part != Part::mark || left->mask != 0xffffffff || !fits) return depends_on("bits of a value");
    left->mask = static_cast<std::uint32_t>(*mask);
    return left;
}

}  // namespace

Followed<Compared> compared(const Json& expression) {
    const std::string_view name = expression.only_name();
    if (name.empty()) return unknown("an expression");
    const Json& inner = expression.items[0];
    if (name == "payload") return header_field(inner.string_at("protocol"), inner.string_at("field"));
    if (name == "meta") return meta(inner.string_at("key"));
    if (name == "&") return masked(inner);
    if (name == "ct") return depends_on(fmt::format("connection tracking (ct {})", inner.string_at("key")));
    return depends_on(meaning_of(name, name));
}

Followed<std::vector<Compared>> compared_together(const Json& expression) {
    std::vector<Compared> parts;
    const bool several = expression.only_name() == "concat" && expression.items[0].is_array();
    for (const Json& each : several ? expression.items[0].items : std::vector<Json>{expression}) {
        auto part = compared(each);
        if (!part) return Refused(part.error());
        if (several && part->part == Part::mark) return depends_on("a mark together with something else");
        parts.push_back(*part);
    }
    return parts;
}

namespace {

constexpr std::string_view too_many = "depends on a set of more than 16384 elements";
static_assert(set_limit == 16'384);

// Elements that come and go with packets or time: nobody is told.
bool is_alive(const Json& set) {
    const Json* const flags = set.find("flags");
    const auto moves = [](const Json& flag) { return flag.string() == "dynamic" || flag.string() == "timeout"; };
    return set.find("timeout") != nullptr || (flags != nullptr && (moves(*flags) || std::ranges::any_of(flags->items, moves)));
}

// The list of a set, nullptr where it has none: an empty one.
Followed<const Json*> list_of(const Json& value, const NamedSets& sets) {
    if (value.only_name() == "set") return &value.items[0];
    const auto name = value.string();
    if (!name || !name->starts_with('@')) return &value;
    const auto set = sets.find(name->substr(1));
    if (set == sets.end()) return unknown("a set");
    if (is_alive(set->second)) return depends_on(fmt::format("set {}, which packets or time change", *name));
    return set->second.find("elem");
}

}  // namespace

Followed<std::vector<const Json*>> elements_of(const Json& value, const NamedSets& sets) {
    const auto list = list_of(value, sets);
    if (!list) return Refused(list.error());
    std::vector<const Json*> elements;
    if (*list == nullptr) return elements;
    if (!(*list)->is_array()) return std::vector{*list};
    if ((*list)->items.size() > set_limit) return Refused(std::string(too_many));
    for (const Json& each : (*list)->items) elements.push_back(&each);
    return elements;
}

Followed<std::vector<MapElement>> map_elements_of(const Json& data, const NamedSets& sets) {
    const auto list = elements_of(data, sets);
    if (!list) return Refused(list.error());
    std::vector<MapElement> result;
    for (const Json* each : *list) {
        if (!each->is_array() || each->items.size() != 2) return unknown("a map");
        result.push_back({&each->items[0], &each->items[1]});
    }
    return result;
}

Number largest(Part part) {
    switch (part) {
        case Part::address: return whole_line.last;
        case Part::port: return all_ports.last;
        case Part::mark: return 0xffffffff;
        case Part::protocol:
        case Part::family: return 0xffff;
    }
    return 0;
}

namespace {

constexpr std::array<std::pair<std::string_view, Number>, 7> names_of_numbers{{
    {"tcp", 6}, {"udp", 17}, {"udplite", 136}, {"ipv4", 2}, {"ipv6", 10}, {"ip", 2}, {"ip6", 10},
}};
constexpr Number other_protocol = 256;  // of a name that is neither tcp's nor udp's

Followed<Number> number(Part part, const Json& value) {
    if (const auto written = value.integer()) {
        if (part == Part::address || *written < 0 || static_cast<Number>(*written) > largest(part)) return unknown("a value");
        return static_cast<Number>(*written);
    }
    const auto text = value.string();
    if (!text) return unknown("a value");
    if (part == Part::address) {
        const auto address = Address::parse(*text);
        if (!address) return unknown(fmt::format("an address ({})", printable(*text)));
        return number_of(*address);
    }
    if (part == Part::port || part == Part::mark) return unknown(fmt::format("a value ({})", printable(*text)));
    const auto found = std::ranges::find(names_of_numbers, *text, [](const auto& each) { return each.first; });
    return found == names_of_numbers.end() ? other_protocol : found->second;
}

// Bits of the line in front of a value of this part.
unsigned offset_of(Part part, const Json& value) {
    if (part == Part::port) return 128 - 16;
    if (part == Part::mark) return 128 - 32;
    return value.text.find(':') == value.text.npos ? v4_offset : 0;
}

// nft writes ranges that are prefixes so, of ports and marks, too: 0xf0-0xff is 240/28.
Followed<Range> prefix_of(Part part, const Json& inner) {
    const Json *value = inner.find("addr"), *length = inner.find("len");
    if (value == nullptr || length == nullptr || part == Part::protocol || part == Part::family) return unknown("a prefix");
    const auto first = number(part, *value);
    if (!first) return Refused(first.error());
    const unsigned offset = offset_of(part, *value);
    const auto bits = length->integer();
    if (!bits || *bits < 0 || *bits > 128 - offset) return unknown("a prefix");
    return prefix(*first, offset + static_cast<unsigned>(*bits));
}

Followed<Range> span_of(Part part, const Json& inner) {
    if (!inner.is_array() || inner.items.size() != 2) return unknown("a range");
    const auto first = number(part, inner.items[0]), last = number(part, inner.items[1]);
    if (!first) return Refused(first.error());
    if (!last) return Refused(last.error());
    if (*first > *last) return unknown("a range");
    return Range{*first, *last};
}

// In "nft -n" the ether types are host order of what stands in the packet.
bool is_v4(Number number) { return number == 2 || number == 8 || number == 0x0800; }
bool is_v6(Number number) { return number == 10 || number == 0xdd86 || number == 0x86dd; }

bool holds(const Ranges& values, bool (*wanted)(Number)) {
    return std::ranges::any_of(values, [&](const Range& each) {
        for (Number number = each.first; number <= each.last; ++number)
            if (wanted(number)) return true;
        return false;
    });
}

// Element with what else nft tells about it (comment, counter, time-out).
const Json& bare(const Json& element) {
    if (element.only_name() != "elem") return element;
    const Json* const value = element.items[0].find("val");
    return value == nullptr ? element : *value;
}

}  // namespace

Followed<Range> range_of(Part part, const Json& element) {
    const Json& value = bare(element);
    const std::string_view name = value.only_name();
    if (name == "prefix") return prefix_of(part, value.items[0]);
    if (name == "range") return span_of(part, value.items[0]);
    const auto one = number(part, value);
    if (!one) return Refused(one.error());
    return Range{*one, *one};
}

Destination destination_of(Part part, const Ranges& values) {
    Destination result;
    if (part == Part::address) result.addresses = values;
    if (part == Part::port) result.ports = values;
    if (part == Part::protocol) {
        const auto has = [&](Number wanted) { return !common(values, {{wanted, wanted}}).empty(); };
        result.protocols = static_cast<Protocols>((has(6) ? tcp : 0) | (has(17) ? udp : 0));
    }
    if (part == Part::family) {
        Ranges lines;
        for (const Family family : {Family::v4, Family::v6})
            if (holds(values, family == Family::v4 ? is_v4 : is_v6)) lines.insert(lines.end(), family_line(family).begin(), family_line(family).end());
        result.addresses = tidied(std::move(lines));
    }
    return result;
}

namespace {

Destination common(const Destination& one, const Destination& other) {
    return {common(one.addresses, other.addresses), static_cast<Protocols>(one.protocols & other.protocols), common(one.ports, other.ports)};
}

}  // namespace

Followed<Destination> destination_of(const std::vector<Compared>& parts, const Json& element) {
    const Json& value = bare(element);
    const bool several = value.only_name() == "concat" && value.items[0].is_array();
    if (parts.size() != (several ? value.items[0].items.size() : 1)) return unknown("an element of a set");
    Destination result;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto range = range_of(parts[i].part, several ? value.items[0].items[i] : value);
        if (!range) return Refused(range.error());
        result = common(result, destination_of(parts[i].part, {*range}));
    }
    return result;
}

Destination implied_by(const std::vector<Compared>& parts) {
    Destination result;
    for (const Compared& each : parts) result = common(result, each.implied);
    return result;
}

}  // namespace lvx::marks
