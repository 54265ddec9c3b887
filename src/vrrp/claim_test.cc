#include "vrrp/claim.hh"

#include <gtest/gtest.h>

namespace lvx::vrrp {
namespace {

const Mac mac = {2, 0, 0, 0, 0, 9};
const Address ours = *Address::parse("192.0.2.23"), other = *Address::parse("192.0.2.24");

// Without its Ethernet header.
std::vector<std::uint8_t> claim_of(const Address& address) {
    Frame frame = gratuitous_arp(mac, address);
    return {frame.begin() + 14, frame.end()};
}

// What the kernel would do with the few instructions that are used.
std::uint32_t passed_bytes(const std::vector<sock_filter>& program, const std::vector<std::uint8_t>& packet) {
    std::uint32_t accumulator = 0;
    for (std::size_t at = 0; at < program.size(); ++at) {
        const sock_filter& each = program[at];
        if (BPF_CLASS(each.code) == BPF_RET) return each.k;
        if (BPF_CLASS(each.code) == BPF_LD)
            for (std::size_t i = 0; i < 4; ++i) accumulator = accumulator << 8 | packet[each.k + i];
        else at += accumulator == each.k ? each.jt : each.jf;
    }
    return 0;
}

TEST(Claim, IsReadFromAGratuitousArp) { EXPECT_EQ(claim_in(claim_of(ours)), (Claim{mac, ours})); }

TEST(Claim, IsNothingElse) {
    std::vector<std::uint8_t> packet = claim_of(ours);
    packet.resize(27);
    EXPECT_FALSE(claim_in(packet)) << "too short";
    packet = claim_of(ours);
    packet[1] = 6;
    EXPECT_FALSE(claim_in(packet)) << "no Ethernet";
    packet = claim_of(ours);
    packet[3] = 1;
    EXPECT_FALSE(claim_in(packet)) << "no IPv4";
    EXPECT_FALSE(claim_in({}));
}

TEST(ClaimFilter, LetsOurAddressesThrough) {
    EXPECT_EQ(passed_bytes(claim_filter({ours}), claim_of(ours)), 28u);
    EXPECT_EQ(passed_bytes(claim_filter({other, ours}), claim_of(ours)), 28u);
    EXPECT_EQ(passed_bytes(claim_filter({other}), claim_of(ours)), 0u);
    EXPECT_EQ(passed_bytes(claim_filter({}), claim_of(ours)), 0u);
}

TEST(ClaimFilter, HasABound) {
    std::set<Address> many = {*Address::parse("2001:db8::1")};
    for (std::uint32_t i = 0; i < 2 * most_watched_addresses; ++i) many.insert(Address::v4(0x0a000000 + i));
    EXPECT_LE(claim_filter(many).size(), static_cast<std::size_t>(BPF_MAXINSNS));
    EXPECT_EQ(claim_filter(many).size(), 2 * most_watched_addresses + 2);
}

}  // namespace
}  // namespace lvx::vrrp
