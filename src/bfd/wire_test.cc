#include "bfd/wire.hh"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace lvx::bfd {
namespace {

using Bytes = std::array<std::uint8_t, packet_size>;

// Bytes worked out by hand from the drawing of section 4.1: Up, no diagnostic, multiplier 3, 10 ms both ways.
constexpr Bytes good{0x20, 0xc0, 3, 24, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 0, 0, 0, 0};

Packet good_packet() {
    return {.state = State::up, .multiplier = 3, .my_discriminator = 1, .your_discriminator = 2, .desired_min_tx_us = 10000, .required_min_rx_us = 10000};
}

TEST(Wire, a_packet_is_read_and_written_as_the_rfc_draws_it) {
    EXPECT_EQ(parse(good), good_packet());
    EXPECT_EQ(bytes_of(good_packet()), good);
}

RC_GTEST_PROP(Wire, what_is_written_is_read_again, ()) {
    Packet packet{.diagnostic = static_cast<Diagnostic>(*rc::gen::inRange(0, 32)), .state = static_cast<State>(*rc::gen::inRange(0, 4))};
    packet.poll = *rc::gen::arbitrary<bool>();
    packet.final = !packet.poll && *rc::gen::arbitrary<bool>();
    packet.demand = *rc::gen::arbitrary<bool>();
    packet.multiplier = *rc::gen::inRange<std::uint8_t>(1, 255);
    packet.my_discriminator = *rc::gen::nonZero<std::uint32_t>();
    packet.your_discriminator = *rc::gen::nonZero<std::uint32_t>();
    packet.desired_min_tx_us = *rc::gen::arbitrary<std::uint32_t>();
    packet.required_min_rx_us = *rc::gen::arbitrary<std::uint32_t>();
    packet.required_min_echo_rx_us = *rc::gen::arbitrary<std::uint32_t>();
    const bool same = parse(bytes_of(packet)) == packet;
    RC_ASSERT(same);
}

struct Case {
    const char* name;
    std::size_t at;
    std::uint8_t value;
    Malformed reason;
};

class Refused : public testing::TestWithParam<Case> {};

TEST_P(Refused, by_its_reason) {
    Bytes bytes = good;
    bytes[GetParam().at] = GetParam().value;
    const auto parsed = parse(bytes);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error(), GetParam().reason);
    EXPECT_FALSE(sentence(parsed.error()).empty());
}

INSTANTIATE_TEST_SUITE_P(Wire, Refused, testing::Values(
    Case{"version_0", 0, 0x00, Malformed::version}, Case{"version_2", 0, 0x40, Malformed::version},
    Case{"multiplier_0", 2, 0, Malformed::multiplier}, Case{"length_below", 3, 23, Malformed::length},
    Case{"length_beyond_the_datagram", 3, 25, Malformed::length}, Case{"multipoint", 1, 0xc1, Malformed::multipoint},
    Case{"authentication_cut_short", 1, 0xc4, Malformed::length}, Case{"poll_and_final", 1, 0xf0, Malformed::poll_and_final},
    Case{"no_discriminator", 7, 0, Malformed::my_discriminator}, Case{"up_without_ours", 11, 0, Malformed::your_discriminator}),
    [](const auto& info) { return info.param.name; });

TEST(Wire, only_a_session_that_is_down_may_leave_our_discriminator_out) {
    for (const std::uint8_t state : std::array<std::uint8_t, 2>{0x00, 0x40}) {  // AdminDown, Down
        Bytes bytes = good;
        bytes[1] = state;
        bytes[11] = 0;
        EXPECT_TRUE(parse(bytes));
    }
    Bytes init = good;
    init[1] = 0x80;
    init[11] = 0;
    EXPECT_EQ(parse(init).error(), Malformed::your_discriminator);
}

TEST(Wire, a_packet_cut_anywhere_is_refused) {
    for (std::size_t length = 0; length < packet_size; ++length) EXPECT_EQ(parse(std::span(good).first(length)).error(), Malformed::too_short);
}

TEST(Wire, bytes_behind_the_packet_do_not_matter_and_authentication_is_refused) {
    std::vector<std::uint8_t> bytes(good.begin(), good.end());
    bytes.resize(64, 0xff);
    EXPECT_EQ(parse(bytes), good_packet());
    bytes[1] |= 0x04;
    bytes[3] = 33;
    EXPECT_EQ(parse(bytes).error(), Malformed::authentication);
}

TEST(Wire, unknown_diagnostics_have_a_sentence) {
    EXPECT_EQ(sentence(static_cast<Diagnostic>(31)), "Reserved");
    EXPECT_EQ(sentence(Diagnostic::detection_time_expired), "Control Detection Time Expired");
    EXPECT_EQ(word(State::admin_down), "AdminDown");
}

}  // namespace
}  // namespace lvx::bfd
