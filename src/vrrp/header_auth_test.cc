// The authentication header of auth_type AH: made, checked, and refused when anything is changed.
#include "vrrp/header_auth.hh"

#include <gtest/gtest.h>

namespace lvx::vrrp {
namespace {

Address at(std::string_view text) { return *Address::parse(text); }

HeaderAuth with_key(std::string_view text, Delivery delivery) {
    HeaderAuth auth{.delivery = delivery};
    std::ranges::copy(text, auth.key.begin());
    return auth;
}

const HeaderAuth to_group = with_key("secret12", Delivery::group);
const Route route{at("192.0.2.1"), group_v4};

std::vector<std::uint8_t> packet(std::uint32_t sequence, const HeaderAuth& auth) {
    const Advert advert{.version = 2, .vrid = 51, .priority = 200, .auth = model::VrrpAuth::header, .addresses = {at("192.0.2.100")}};
    return authenticated(encode(advert, route, ChecksumForm::plain), route, 255, 7, sequence, auth);
}

std::optional<Refusal> check(const std::vector<std::uint8_t>& bytes, std::uint32_t last) { return check_header(bytes, to_group, last); }

TEST(HeaderAuth, HoldsOnceAndInOrder) {
    std::uint32_t last = 4;
    EXPECT_EQ(check_header(packet(5, to_group), to_group, last), std::nullopt);
    EXPECT_EQ(last, 5u);
    EXPECT_EQ(check_header(packet(5, to_group), to_group, last), Refusal::stale_header);
    EXPECT_EQ(check_header(packet(4, to_group), to_group, last), Refusal::stale_header);
    EXPECT_EQ(check_header(packet(6, to_group), to_group, last), std::nullopt);
}

TEST(HeaderAuth, IsForTheKeyThatWasUsed) {
    EXPECT_EQ(check(packet(5, with_key("secret13", Delivery::group)), 0), Refusal::wrong_header);
    EXPECT_EQ(check(packet(5, with_key("secret1", Delivery::group)), 0), Refusal::wrong_header);
}

TEST(HeaderAuth, CoversEveryByteThatNoRouterChanges) {
    const std::vector<std::uint8_t> good = packet(5, to_group);
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::vector<std::uint8_t> bad = good;
        bad[i] ^= 0x10;
        const bool changes_on_its_way = i == 1 || i == 6 || i == 7 || i == 10 || i == 11;
        EXPECT_EQ(check(bad, 0).has_value(), !changes_on_its_way) << "byte " << i;
    }
}

TEST(HeaderAuth, OfUnicastHoldsWhateverTheTtl) {
    const HeaderAuth unicast = with_key("secret12", Delivery::unicast);
    std::vector<std::uint8_t> far = packet(5, unicast), near = packet(5, to_group);
    far[8] = near[8] = 60;
    std::uint32_t last = 0;
    EXPECT_EQ(check_header(far, unicast, last), std::nullopt);
    EXPECT_EQ(check(near, 0), Refusal::wrong_header);
}

TEST(HeaderAuth, IsNotReadBeyondItsPacket) {
    const std::vector<std::uint8_t> good = packet(5, to_group);
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_TRUE(check({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}, 0).has_value()) << length;
    std::vector<std::uint8_t> padded = good;
    padded.resize(100);
    EXPECT_EQ(check(padded, 0), std::nullopt) << "Ethernet's padding";
}

}  // namespace
}  // namespace lvx::vrrp
