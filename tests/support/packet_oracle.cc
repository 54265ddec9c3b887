// The naive judge of frames: one byte at a time, sums in full.
#include <fmt/format.h>

#include "tests/support/packet_builder.hh"

namespace lvx::test {
namespace {

using View = std::span<const std::uint8_t>;
using Fault = std::optional<std::string>;

std::uint32_t at16(View bytes, std::size_t at) { return bytes[at] * 256u + bytes[at + 1]; }

std::uint32_t sum_of(View bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        sum += bytes[i] * 256u + (i + 1 < bytes.size() ? bytes[i + 1] : 0u);
        if (sum > 0xffff) sum -= 0xffff;
    }
    return sum;
}

std::uint32_t add(std::uint32_t left, std::uint32_t right) {
    const std::uint32_t sum = left + right;
    return sum > 0xffff ? sum - 0xffff : sum;
}

// Where an IP packet's parts are.
struct Layout {
    View addresses;                    // both
    View transport;                    // as far as it is there
    std::size_t transport_length = 0;  // as the header says
    std::uint8_t protocol = 0;
    bool fragment = false;
    bool segments_left = false;
};

enum class Extent : std::uint8_t { whole, quoted };

Fault judge_packet(View packet, Extent extent);

Fault judge_sum(const char* what, std::uint32_t sum) {
    if (sum == 0xffff) return {};
    return fmt::format("{} checksum: the sum is {:04x}", what, sum);
}

std::uint32_t pseudo(const Layout& layout) {
    std::uint32_t sum = add(sum_of(layout.addresses), layout.protocol);
    sum = add(sum, static_cast<std::uint32_t>(layout.transport_length >> 16));
    return add(sum, static_cast<std::uint32_t>(layout.transport_length & 0xffff));
}

Fault judge_icmp(const Layout& layout) {
    const bool v6 = layout.protocol == 58;
    if (Fault fault = judge_sum("ICMP", add(sum_of(layout.transport), v6 ? pseudo(layout) : 0))) return fault;
    const unsigned type = layout.transport[0];
    const bool error = v6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
    return error ? judge_packet(layout.transport.subspan(8), Extent::quoted) : Fault{};
}

Fault judge_transport(const Layout& layout, Extent extent) {
    if (layout.fragment || layout.segments_left) return {};
    const bool complete = layout.transport.size() == layout.transport_length;
    if (!complete && extent == Extent::whole) return "the transport is cut short";
    if (!complete || layout.transport.size() < 8) return {};
    if (layout.protocol == 6) return judge_sum("TCP", add(sum_of(layout.transport), pseudo(layout)));
    if (layout.protocol == 17) {
        if (at16(layout.transport, 6) == 0) return {};
        return judge_sum("UDP", add(sum_of(layout.transport), pseudo(layout)));
    }
    if (layout.protocol == (layout.addresses.size() == 8 ? 1 : 58) && extent == Extent::whole)
        return judge_icmp(layout);
    return {};
}

Fault judge_ipv4(View packet, Extent extent) {
    const std::size_t header = (packet[0] & 15u) * 4;
    const std::size_t total = packet.size() < 20 ? 0 : at16(packet, 2);
    if (header < 20 || packet.size() < header || total < header) return "the IPv4 lengths are wrong";
    if (extent == Extent::whole && total > packet.size()) return "IPv4: longer than the frame";
    if (Fault fault = judge_sum("IPv4", sum_of(packet.first(header)))) return fault;
    const View there = packet.first(std::min(total, packet.size()));
    const bool fragment = (at16(packet, 6) & 0x3fff) != 0;
    return judge_transport(
        {packet.subspan(12, 8), there.subspan(header), total - header, packet[9], fragment, false}, extent);
}

Fault judge_ipv6(View packet, Extent extent) {
    if (packet.size() < 40) return "the IPv6 header is cut short";
    const std::size_t total = 40 + at16(packet, 4);
    if (extent == Extent::whole && total > packet.size()) return "IPv6: longer than the frame";
    const View there = packet.first(std::min(total, packet.size()));
    Layout layout = {packet.subspan(8, 32), {}, 0, packet[6], false, false};
    std::size_t at = 40;
    while (layout.protocol == 0 || layout.protocol == 43 || layout.protocol == 44 || layout.protocol == 51 ||
           layout.protocol == 60) {
        if (at + 8 > there.size())
            return extent == Extent::quoted ? Fault{} : Fault{"an extension header is cut short"};
        if (layout.protocol == 43 && there[at + 3] != 0) layout.segments_left = true;
        if (layout.protocol == 44 && (at16(there, at + 2) & 0xfff9) != 0) layout.fragment = true;
        const std::size_t units = there[at + 1];
        const std::size_t size = layout.protocol == 44   ? 8
                                 : layout.protocol == 51 ? (units + 2) * 4
                                                         : (units + 1) * 8;
        layout.protocol = there[at];
        at += size;
        if (layout.fragment) break;
    }
    if (at > there.size())
        return extent == Extent::quoted ? Fault{} : Fault{"an extension header is cut short"};
    layout.transport = there.subspan(at);
    layout.transport_length = total - at;
    return judge_transport(layout, extent);
}

Fault judge_packet(View packet, Extent extent) {
    if (packet.empty()) return "no IP packet";
    if (packet[0] >> 4 == 4) return judge_ipv4(packet, extent);
    if (packet[0] >> 4 == 6) return judge_ipv6(packet, extent);
    return "neither IPv4 nor IPv6";
}

}  // namespace

std::optional<std::string> frame_fault(View frame) {
    std::size_t at = 12;
    while (at + 4 < frame.size() && (at16(frame, at) == 0x8100 || at16(frame, at) == 0x88a8))
        at += 4;
    if (at + 2 > frame.size()) return "the Ethernet header is cut short";
    return judge_packet(frame.subspan(at + 2), Extent::whole);
}

bool checksums_valid(View frame) { return !frame_fault(frame); }

}  // namespace lvx::test
