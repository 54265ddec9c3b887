// Bytes of adverts: round trips, what Debian's keepalived 2.2.7 sends, every refusal.
#include "vrrp/wire.hh"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "vrrp/router.hh"

namespace lvx::vrrp {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes hex(std::string_view text) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return bytes;
}

Address at(std::string_view text) { return *Address::parse(text); }

const Route v4_route{at("192.0.2.1"), group_v4};
const Route v6_route{at("fe80::ff:fe00:1"), group_v6};

struct Golden {
    const char* what;
    const char* bytes;
    Advert advert;
    Route route;
    ChecksumForm form;
};

std::array<char, 8> password(std::string_view text) {
    std::array<char, 8> result{};
    std::ranges::copy(text, result.begin());
    return result;
}

// Captured between two network namespaces.
const std::vector<Golden>& goldens() {
    static const std::vector<Golden> list = {
        {"version 2, two addresses", "2133c802000191fec0000264c00002650000000000000000",
         {.version = 2, .vrid = 51, .priority = 200, .interval = 1, .addresses = {at("192.0.2.100"), at("192.0.2.101")}}, v4_route, ChecksumForm::with_pseudo_header},
        {"version 2 resigning", "21330002000159ffc0000264c00002650000000000000000",
         {.version = 2, .vrid = 51, .priority = 0, .interval = 1, .addresses = {at("192.0.2.100"), at("192.0.2.101")}}, v4_route, ChecksumForm::with_pseudo_header},
        {"version 2 with a password", "21349601010117e4c00002667365637265743132",
         {.version = 2, .vrid = 52, .priority = 150, .auth = model::VrrpAuth::password, .password = password("secret12"), .interval = 1, .addresses = {at("192.0.2.102")}},
         v4_route, ChecksumForm::with_pseudo_header},
        {"version 3 over IPv4", "31356401001905b8c0000267",
         {.version = 3, .vrid = 53, .priority = 100, .interval = 25, .addresses = {at("192.0.2.103")}}, v4_route, ChecksumForm::with_pseudo_header},
        {"version 3 over IPv6", "3139fe020032a67afe80000000000000000000000000005720010db8000000000000000000000057",
         {.version = 3, .vrid = 57, .priority = 254, .interval = 50, .addresses = {at("fe80::57"), at("2001:db8::57")}}, v6_route, ChecksumForm::with_pseudo_header},
    };
    return list;
}

Expected expected_for(const Advert& advert, Family family) {
    return {.version = advert.version, .vrid = advert.vrid, .family = family, .auth = advert.auth, .password = advert.password,
            .interval = advert.interval, .addresses = advert.addresses};
}

std::variant<Received, Refusal> received(const Bytes& bytes, const Route& route, const Expected& expected, int ttl) {
    return receive({.bytes = bytes, .route = route, .ttl = ttl}, expected);
}

TEST(Wire, EncodesExactlyWhatKeepalivedSends) {
    for (const Golden& golden : goldens()) EXPECT_EQ(encode(golden.advert, golden.route, golden.form), hex(golden.bytes)) << golden.what;
}

TEST(Wire, UnderstandsWhatKeepalivedSends) {
    for (const Golden& golden : goldens()) {
        const auto result = received(hex(golden.bytes), golden.route, expected_for(golden.advert, golden.route.source.family()), 255);
        ASSERT_TRUE(std::holds_alternative<Received>(result)) << golden.what << ": " << sentence_of(std::get<Refusal>(result));
        EXPECT_EQ(std::get<Received>(result).advert, golden.advert) << golden.what;
        EXPECT_FALSE(std::get<Received>(result).other_addresses);
    }
}

TEST(Wire, AcceptsBothFormsOfTheVersion3ChecksumAndSaysWhich) {
    const Advert advert{.version = 3, .vrid = 7, .priority = 90, .interval = 100, .addresses = {at("10.0.0.1")}};
    const Expected expected = expected_for(advert, Family::v4);
    for (const ChecksumForm form : {ChecksumForm::plain, ChecksumForm::with_pseudo_header}) {
        const auto result = received(encode(advert, v4_route, form), v4_route, expected, 255);
        ASSERT_TRUE(std::holds_alternative<Received>(result));
        EXPECT_EQ(std::get<Received>(result).form, form);
    }
}

TEST(Wire, ToleratesTheEthernetPaddingBehindAnAdvert) {
    const Advert advert{.version = 3, .vrid = 7, .priority = 90, .interval = 100, .addresses = {at("10.0.0.1")}};
    Bytes bytes = encode(advert, v4_route, ChecksumForm::plain);
    bytes.resize(46);
    EXPECT_TRUE(std::holds_alternative<Received>(received(bytes, v4_route, expected_for(advert, Family::v4), 255)));
}

TEST(Wire, TellsOtherAddressesButNotAnotherOrder) {
    const Advert advert{.version = 2, .vrid = 7, .priority = 90, .interval = 1, .addresses = {at("10.0.0.1"), at("10.0.0.2")}};
    Expected expected = expected_for(advert, Family::v4);
    std::ranges::reverse(expected.addresses);
    const Bytes bytes = encode(advert, v4_route, ChecksumForm::plain);
    EXPECT_FALSE(std::get<Received>(received(bytes, v4_route, expected, 255)).other_addresses);
    expected.addresses.push_back(at("10.0.0.3"));
    EXPECT_TRUE(std::get<Received>(received(bytes, v4_route, expected, 255)).other_addresses);
    expected.skip_address_check = true;
    EXPECT_FALSE(std::get<Received>(received(bytes, v4_route, expected, 255)).other_addresses);
}

struct Wrong {
    Refusal refusal;
    std::function<void(Bytes&, Route&, Expected&, int&)> spoil;
};

TEST(Wire, RefusesWhatIsWrongAndNamesIt) {
    const std::vector<Wrong> wrongs = {
        {Refusal::too_short, [](Bytes& bytes, Route&, Expected&, int&) { bytes.resize(7); }},
        {Refusal::wrong_ttl, [](Bytes&, Route&, Expected&, int& ttl) { ttl = 254; }},
        {Refusal::ttl_out_of_range, [](Bytes&, Route& route, Expected& expected, int& ttl) {
             route.destination = at("192.0.2.2");
             expected.unicast = true;
             expected.peers = {{.address = at("192.0.2.1"), .min_ttl = 254, .max_ttl = 255}};
             ttl = 253;
         }},
        {Refusal::wrong_version, [](Bytes& bytes, Route&, Expected&, int&) { bytes[0] = 0x31; }},
        {Refusal::wrong_length, [](Bytes& bytes, Route&, Expected&, int&) { bytes.pop_back(); }},
        {Refusal::wrong_length, [](Bytes& bytes, Route&, Expected&, int&) { bytes[3] = 255; }},
        {Refusal::unknown_vrid, [](Bytes& bytes, Route&, Expected&, int&) { ++bytes[1]; }},
        {Refusal::unknown_auth_type, [](Bytes& bytes, Route&, Expected&, int&) { bytes[4] = 3; }},
        {Refusal::wrong_auth_type, [](Bytes& bytes, Route&, Expected&, int&) { bytes[4] = 0; }},
        {Refusal::wrong_auth_type, [](Bytes& bytes, Route&, Expected&, int&) { bytes[4] = 2; }},
        {Refusal::wrong_password, [](Bytes& bytes, Route&, Expected&, int&) { bytes.back() ^= 1; }},
        {Refusal::wrong_interval, [](Bytes& bytes, Route&, Expected&, int&) { bytes[5] = 2; }},
        {Refusal::wrong_type, [](Bytes& bytes, Route&, Expected&, int&) { bytes[0] = 0x22; }},
        {Refusal::wrong_checksum, [](Bytes& bytes, Route&, Expected&, int&) { ++bytes[2]; }},
        {Refusal::unicast_expected, [](Bytes&, Route&, Expected& expected, int&) { expected.unicast = true; }},
        {Refusal::multicast_expected, [](Bytes&, Route& route, Expected&, int&) { route.destination = at("192.0.2.2"); }},
        {Refusal::unknown_source, [](Bytes&, Route& route, Expected& expected, int&) {
             route.destination = at("192.0.2.2");
             expected.unicast = expected.check_source = true;
         }},
    };
    const Golden& golden = goldens()[2];
    for (const Wrong& wrong : wrongs) {
        Bytes bytes = hex(golden.bytes);
        Route route = golden.route;
        Expected expected = expected_for(golden.advert, Family::v4);
        int ttl = 255;
        wrong.spoil(bytes, route, expected, ttl);
        const auto result = received(bytes, route, expected, ttl);
        ASSERT_TRUE(std::holds_alternative<Refusal>(result)) << name_of(wrong.refusal);
        EXPECT_EQ(name_of(std::get<Refusal>(result)), name_of(wrong.refusal));
    }
}

TEST(Wire, TakesAnyTtlFromAUnicastPeerWithoutLimits) {
    const Golden& golden = goldens()[0];
    Expected expected = expected_for(golden.advert, Family::v4);
    expected.unicast = true;
    expected.peers = {{.address = at("192.0.2.1"), .min_ttl = std::nullopt, .max_ttl = std::nullopt}};
    EXPECT_TRUE(std::holds_alternative<Received>(received(hex(golden.bytes), {at("192.0.2.1"), at("192.0.2.2")}, expected, 3)));
}

RC_GTEST_PROP(Wire, ComesBackAsItWasSent, ()) {
    const bool v6 = *rc::gen::arbitrary<bool>();
    Advert advert{.version = static_cast<std::uint8_t>(v6 ? 3 : *rc::gen::inRange(2, 4)), .vrid = *rc::gen::arbitrary<std::uint8_t>(),
                  .priority = *rc::gen::arbitrary<std::uint8_t>()};
    advert.interval = *rc::gen::inRange<std::uint16_t>(1, advert.version == 2 ? 256 : 4096);
    const int count = *rc::gen::inRange(0, 256);
    for (int i = 0; i < count; ++i)
        advert.addresses.push_back(v6 ? Address::v6(*rc::gen::container<std::array<std::uint8_t, 16>>(rc::gen::arbitrary<std::uint8_t>()))
                                      : Address::v4(*rc::gen::arbitrary<std::uint32_t>()));
    const Route route = v6 ? v6_route : v4_route;
    const Bytes bytes = encode(advert, route, *rc::gen::element(ChecksumForm::plain, ChecksumForm::with_pseudo_header));
    const auto result = received(bytes, route, expected_for(advert, route.source.family()), 255);
    RC_ASSERT(std::holds_alternative<Received>(result));
    RC_ASSERT(std::get<Received>(result).advert == advert);
}

TEST(Checksum, OfOldUnicastAdvertsIsThatOfTheGroup) {
    const Advert advert{.version = 3, .vrid = 53, .priority = 100, .interval = 25, .addresses = {at("192.0.2.103")}};
    const Route to_peer{at("192.0.2.1"), at("192.0.2.2")};
    const Bytes old = encode(advert, {to_peer.source, group_v4}, ChecksumForm::old_unicast);
    Expected expected = expected_for(advert, Family::v4);
    expected.unicast = true;
    const auto heard = [&] { return receive({.bytes = old, .route = to_peer, .ttl = 255}, expected); };
    ASSERT_TRUE(std::holds_alternative<Received>(heard()));
    EXPECT_EQ(std::get<Received>(heard()).form, ChecksumForm::old_unicast);
    expected.old_unicast = false;
    ASSERT_TRUE(std::holds_alternative<Refusal>(heard())) << "old_unicast_checksum never";
    EXPECT_EQ(std::get<Refusal>(heard()), Refusal::wrong_checksum);
}

TEST(Checksum, IsInTheFormTheConfigurationFixesOrThePeersOne) {
    model::VrrpInstance instance{.version = 3, .unicast = true};
    EXPECT_EQ(fixed_form(instance), std::nullopt);
    instance.old_unicast_checksum = true;
    EXPECT_EQ(fixed_form(instance), ChecksumForm::old_unicast);
    instance.unicast = false;
    EXPECT_EQ(fixed_form(instance), std::nullopt) << "it is for unicast";
    instance.checksum_as_v2 = true;
    EXPECT_EQ(fixed_form(instance), ChecksumForm::plain);
}

}  // namespace
}  // namespace lvx::vrrp
