#include "bpf/schedule/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "base/address.hh"
#include "bpf/schedule/least.h"
#include "bpf/schedule/sequence.h"

namespace lvx {
namespace {

std::uint32_t fold(std::string_view text) {
    const Address address = Address::parse(text).value();
    abi::address mapped = {};
    std::ranges::copy(address.mapped(), mapped.bytes);
    return abi::address_fold(&mapped, static_cast<std::uint8_t>(address.family()));
}

// What a kernel's IPVS chooses for these clients.
TEST(SourceHash, GivesIpvssBuckets) {
    EXPECT_EQ(abi::sh_bucket(fold("10.0.0.1"), 0), 39);
    EXPECT_EQ(abi::sh_bucket(fold("10.0.0.2"), 0), 137);
    EXPECT_EQ(abi::sh_bucket(fold("192.0.2.1"), 0), 50);
    EXPECT_EQ(abi::sh_bucket(fold("192.0.2.1"), 40000), 214);
    EXPECT_EQ(abi::sh_bucket(fold("2001:db8::1"), 0), 63);
    EXPECT_EQ(abi::sh_bucket(fold("255.255.255.255"), 0), 158);
}

TEST(SourceHash, FallsBackToTwiceTheBucketAndOn) {
    EXPECT_EQ(abi::sh_fallback_bucket(50, 0), 100);
    EXPECT_EQ(abi::sh_fallback_bucket(200, 3), 147);
    EXPECT_EQ(abi::sh_fallback_bucket(255, 255), 253);
}

TEST(MaglevHash, GivesIpvssSlotsOffsetsAndSkips) {
    EXPECT_EQ(abi::mh_slot(fold("192.0.2.1"), 0, 4093), 2891);
    EXPECT_EQ(abi::mh_slot(fold("192.0.2.2"), 0, 4093), 746);
    EXPECT_EQ(abi::mh_slot(fold("192.0.2.3"), 0, 4093), 998);
    EXPECT_EQ(abi::mh_slot(fold("198.51.100.7"), 0, 4093), 924);
    EXPECT_EQ(abi::mh_hash(fold("10.0.0.13"), 80, 0, MH_KEY_SLOT) % 4093, 2586);
    EXPECT_EQ(abi::mh_hash(fold("10.0.0.13"), 80, 0, MH_KEY_SKIP) % 4092 + 1, 2286);
}

TEST(MaglevHash, FallsBackToAHashAnew) {
    const std::uint32_t client = fold("192.0.2.1"), first = abi::mh_slot(client, 0, 4093);
    EXPECT_EQ(abi::mh_fallback_slot(client, 0, first, 5, 4093),
              abi::mh_hash(client, 0, (first + 5) % 4093, MH_KEY_SLOT) % 4093);
    EXPECT_NE(abi::mh_fallback_slot(client, 0, first, 1, 4093), first + 1);
}

TEST(LeastConnections, CountsAnActiveConnectionAs257Inactive) {
    EXPECT_EQ(abi::load_overhead(1, 1), 257);
    EXPECT_EQ(abi::load_overhead(0, 257), 257);
}

TEST(LeastConnections, LetsTheEarlierOfEqualsStay) {
    const abi::contender light = {.overhead = 10, .weight = 1}, heavy = {.overhead = 20, .weight = 2};
    EXPECT_FALSE(abi::contender_beats(&heavy, &light));
    EXPECT_FALSE(abi::contender_beats(&light, &heavy));
    const abi::contender lighter = {.overhead = 19, .weight = 2};
    EXPECT_TRUE(abi::contender_beats(&lighter, &light));
}

TEST(Sequence, RepeatsASegmentsWordsUntilTheNextBegins) {
    const abi::segment one = {.first = 4, .offset = 7, .words = 2};
    EXPECT_EQ(abi::segment_word(&one, 4), 7);
    EXPECT_EQ(abi::segment_word(&one, 5), 8);
    EXPECT_EQ(abi::segment_word(&one, 6), 7);
    const abi::segment empty = {.first = 0, .offset = 3, .words = 0};
    EXPECT_EQ(abi::segment_word(&empty, 9), 3);
}

}  // namespace
}  // namespace lvx
