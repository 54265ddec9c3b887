#include "marks/destination.hh"

#include <algorithm>

namespace lvx::marks {

Number number_of(const Address& address) {
    Number number = 0;
    for (const std::uint8_t byte : address.mapped()) number = number << 8 | byte;
    return number;
}

Address address_of(Number number) {
    std::array<std::uint8_t, 16> bytes{};
    for (int i = 15; i >= 0; --i, number >>= 8) bytes[i] = static_cast<std::uint8_t>(number);
    return Address::from_mapped(bytes);
}

Ranges tidied(Ranges ranges) {
    std::ranges::sort(ranges);
    Ranges result;
    for (const Range& each : ranges) {
        const bool touches = !result.empty() && (each.first <= result.back().last || each.first == result.back().last + 1);
        if (touches) result.back().last = std::max(result.back().last, each.last);
        else result.push_back(each);
    }
    return result;
}

Ranges outside(const Ranges& ranges, const Range& within) {
    Ranges result;
    Number from = within.first;
    for (const Range& each : ranges) {
        if (each.last < from) continue;
        if (each.first > within.last) break;
        if (each.first > from) result.push_back({from, each.first - 1});
        if (each.last >= within.last) return result;
        from = each.last + 1;
    }
    result.push_back({from, within.last});
    return result;
}

Ranges common(const Ranges& one, const Ranges& other) {
    Ranges result;
    for (auto a = one.begin(), b = other.begin(); a != one.end() && b != other.end(); (a->last < b->last ? a : b)++) {
        const Range both{std::max(a->first, b->first), std::min(a->last, b->last)};
        if (both.first <= both.last) result.push_back(both);
    }
    return result;
}

Range prefix(Number number, unsigned length) {
    const Number rest = length == 0 ? ~Number{0} : (Number{1} << (128 - length)) - 1;
    return {number & ~rest, number | rest};
}

const Ranges& family_line(Family family) {
    static const Ranges v4{v4_line}, v6 = outside({v4_line}, whole_line);
    return family == Family::v4 ? v4 : v6;
}

Protocols protocols_of(Number number) {
    if (number == 0) return both_protocols;
    if (number == static_cast<Number>(model::Protocol::tcp)) return tcp;
    return number == static_cast<Number>(model::Protocol::udp) ? udp : no_protocol;
}

namespace {

// The pieces of `whole` in order: those that are in `ranges` to one function, those between to the other.
template <class Inside, class Between>
void cut(const Range& whole, const Ranges& ranges, Inside inside, Between between) {
    Number from = whole.first;
    auto next = std::ranges::lower_bound(ranges, whole.first, {}, &Range::last);
    for (; next != ranges.end() && next->first <= whole.last; ++next) {
        if (next->first > from) between(Range{from, next->first - 1});
        const Number last = std::min(next->last, whole.last);
        inside(Range{std::max(next->first, whole.first), last});
        if (last == whole.last) return;
        from = last + 1;
    }
    between(Range{from, whole.last});
}

void split_ports(const Box& box, const Destination& destination, Boxes& inside, Boxes& left) {
    const auto part = [&](const Range& ports) {
        Box piece = box;
        piece.ports = ports;
        return piece;
    };
    cut(box.ports, destination.ports, [&](const Range& ports) { inside.push_back(part(ports)); },
        [&](const Range& ports) { left.push_back(part(ports)); });
}

void split_protocols(Box box, const Destination& destination, Boxes& inside, Boxes& left) {
    const Protocols protocols = box.protocols;
    box.protocols = protocols & ~destination.protocols;
    if (box.protocols != no_protocol) left.push_back(box);
    box.protocols = protocols & destination.protocols;
    if (box.protocols != no_protocol) split_ports(box, destination, inside, left);
}

}  // namespace

void split(const Box& box, const Destination& destination, Boxes& inside, Boxes& left) {
    const auto part = [&](const Range& addresses) {
        Box piece = box;
        piece.addresses = addresses;
        return piece;
    };
    cut(box.addresses, destination.addresses, [&](const Range& addresses) { split_protocols(part(addresses), destination, inside, left); },
        [&](const Range& addresses) { left.push_back(part(addresses)); });
}

}  // namespace lvx::marks
