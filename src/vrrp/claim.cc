#include "vrrp/claim.hh"

#include <algorithm>

namespace lvx::vrrp {

namespace {

// RFC 826: hardware and protocol type, their lengths, operation, sender's two addresses, target's two.
constexpr std::size_t arp_bytes = 28, sender_mac_at = 8, sender_ip_at = 14;
constexpr std::uint8_t ethernet_and_v4[] = {0, 1, 8, 0, 6, 4};

sock_filter instruction(std::uint16_t code, std::uint8_t if_true, std::uint8_t if_false, std::uint32_t operand) { return {code, if_true, if_false, operand}; }

}  // namespace

std::optional<Claim> claim_in(std::span<const std::uint8_t> packet) {
    if (packet.size() < arp_bytes || !std::ranges::equal(packet.first(sizeof ethernet_and_v4), ethernet_and_v4)) return std::nullopt;
    Claim claim;
    std::ranges::copy(packet.subspan(sender_mac_at, claim.sender.size()), claim.sender.begin());
    std::uint32_t address = 0;
    for (std::size_t i = 0; i < 4; ++i) address = address << 8 | packet[sender_ip_at + i];
    claim.address = Address::v4(address);
    return claim;
}

std::vector<sock_filter> claim_filter(const std::set<Address>& addresses) {
    constexpr std::uint16_t load_word = BPF_LD | BPF_W | BPF_ABS, jump_equal = BPF_JMP | BPF_JEQ | BPF_K, answer = BPF_RET | BPF_K;
    std::vector<sock_filter> program = {instruction(load_word, 0, 0, sender_ip_at)};
    std::size_t watched = 0;
    for (const Address& address : addresses) {
        if (watched == most_watched_addresses) break;
        if (!address.is_v4()) continue;
        ++watched;
        program.push_back(instruction(jump_equal, 0, 1, address.v4_value()));
        program.push_back(instruction(answer, 0, 0, arp_bytes));
    }
    program.push_back(instruction(answer, 0, 0, 0));
    return program;
}

}  // namespace lvx::vrrp
