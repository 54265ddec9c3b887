#include "vrrp/frames.hh"

#include <algorithm>
#include <iterator>
#include <span>

namespace lvx::vrrp {

namespace {

constexpr std::size_t shortest_frame = 60;        // without check sequence
constexpr Mac broadcast = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr Mac all_nodes_mac = {0x33, 0x33, 0, 0, 0, 1};
constexpr std::array<std::uint8_t, 16> all_nodes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::uint8_t icmp6 = 58, neighbour_advertisement = 136, hop_limit = 255;
constexpr std::uint8_t router_flag = 0x80, override_flag = 0x20, target_link_layer = 2;
constexpr std::uint8_t advertisement_bytes = 32;  // ICMPv6 header, target, one option

void append(Frame& frame, std::span<const std::uint8_t> bytes) { frame.insert(frame.end(), bytes.begin(), bytes.end()); }

Frame ethernet(const Mac& destination, const Mac& source, std::uint16_t type) {
    Frame frame;
    frame.reserve(96);
    append(frame, destination);
    append(frame, source);
    frame.push_back(static_cast<std::uint8_t>(type >> 8));
    frame.push_back(static_cast<std::uint8_t>(type));
    return frame;
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes, std::uint32_t sum) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

Frame gratuitous_arp(const Mac& sender, const Address& address) {
    constexpr std::array<std::uint8_t, 8> ethernet_ip_request = {0, 1, 8, 0, 6, 4, 0, 1};
    const auto ip = std::span(address.mapped()).last(4);
    Frame frame = ethernet(broadcast, sender, 0x0806);
    append(frame, ethernet_ip_request);
    append(frame, sender);
    append(frame, ip);
    append(frame, broadcast);
    append(frame, ip);
    frame.resize(shortest_frame);
    return frame;
}

Frame unsolicited_advertisement(const Mac& sender, const Address& address, Role role) {
    Frame frame = ethernet(all_nodes_mac, sender, 0x86dd);
    const std::array<std::uint8_t, 8> header = {0x60, 0, 0, 0, 0, advertisement_bytes, icmp6, hop_limit};
    append(frame, header);
    append(frame, address.mapped());
    append(frame, all_nodes);
    const std::size_t begin = frame.size();
    const std::uint8_t flags = override_flag | (role == Role::router ? router_flag : 0);
    append(frame, std::array<std::uint8_t, 8>{neighbour_advertisement, 0, 0, 0, flags, 0, 0, 0});
    append(frame, address.mapped());
    append(frame, std::array<std::uint8_t, 2>{target_link_layer, 1});
    append(frame, sender);
    // The pseudo header: both addresses stand before the ICMPv6 part, length and next header are added.
    const auto summed = std::span(frame).subspan(begin - 32);
    const std::uint16_t sum = internet_checksum(summed, advertisement_bytes + icmp6);
    frame[begin + 2] = static_cast<std::uint8_t>(sum >> 8);
    frame[begin + 3] = static_cast<std::uint8_t>(sum);
    return frame;
}

Frame announcement(const Mac& sender, const Address& address, Role role) {
    return address.is_v4() ? gratuitous_arp(sender, address) : unsolicited_advertisement(sender, address, role);
}

Mac virtual_mac(Family family, std::uint8_t vrid) {
    return {0, 0, 0x5e, 0, static_cast<std::uint8_t>(family == Family::v4 ? 1 : 2), vrid};
}

}  // namespace lvx::vrrp
