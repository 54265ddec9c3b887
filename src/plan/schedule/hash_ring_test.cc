// sh and mh against the vectors of a real IPVS.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "abi/limits.h"
#include "bpf/schedule/hash.h"
#include "plan/schedule/schedule.hh"

namespace lvx::plan {
namespace {

std::uint32_t fold(const char* text) {
    const Address address = *Address::parse(text);
    abi::address bytes;
    std::memcpy(bytes.bytes, address.mapped().data(), sizeof bytes.bytes);
    return abi::address_fold(&bytes, static_cast<std::uint8_t>(address.family()));
}

// List order: 10.0.0.13 first, it was added last.  The id is the last byte.
std::vector<Target> three(std::uint32_t w13, std::uint32_t w12, std::uint32_t w11) {
    const auto target = [](std::uint32_t id, std::uint32_t weight) {
        return Target{.id = id, .endpoint = {Address::v4(0x0a000000 | id), 80}, .weight = weight, .last_weight = weight};
    };
    return {target(13, w13), target(12, w12), target(11, w11)};
}

std::map<std::uint32_t, int> shares(const Ring& ring) {
    std::map<std::uint32_t, int> result;
    for (const std::uint32_t id : ring.words) ++result[id];
    return result;
}

TEST(SourceHash, FindsTheBucketsOfIpvs) {
    const std::pair<const char*, std::uint32_t> vectors[] = {
        {"10.0.0.1", 39}, {"10.0.0.2", 137}, {"192.0.2.1", 50}, {"192.0.2.2", 148}, {"192.0.2.3", 246}, {"2001:db8::1", 63},
        {"255.255.255.255", 158}};
    for (const auto& [client, bucket] : vectors) EXPECT_EQ(abi::sh_bucket(fold(client), 0), bucket) << client;
    EXPECT_EQ(abi::sh_bucket(fold("192.0.2.1"), 40000), 214u);
}

TEST(SourceHash, SharesBucketsAsIpvs) {
    const Ring ring = sh_ring(three(1, 2, 3));
    EXPECT_EQ(shares(ring), (std::map<std::uint32_t, int>{{13, 43}, {12, 86}, {11, 127}}));
    EXPECT_EQ(ring.words[50], 12u);
    EXPECT_EQ(ring.words[148], 11u);
    EXPECT_EQ(ring.words[246], 13u);
}

TEST(SourceHash, LeavesAQuiescedServerOneBucketATurn) {
    EXPECT_EQ(sh_ring(three(0, 1, 1)).words, sh_ring(three(1, 1, 1)).words);
}

TEST(SourceHash, FillsAllBucketsWithOneHugeWeight) {
    EXPECT_EQ(shares(sh_ring(three(65535, 1, 1))), (std::map<std::uint32_t, int>{{13, 256}}));
}

TEST(Maglev, FindsTheSlotsOfIpvs) {
    const std::pair<const char*, std::uint32_t> vectors[] = {
        {"192.0.2.1", 2891}, {"192.0.2.2", 746}, {"192.0.2.3", 998}, {"198.51.100.7", 924}};
    for (const auto& [client, slot] : vectors) EXPECT_EQ(abi::mh_slot(fold(client), 0, mh_size), slot) << client;
}

TEST(Maglev, SendsClientsToTheServersOfIpvs) {
    const Ring ring = mh_ring(three(1, 1, 1));
    EXPECT_EQ(shares(ring), (std::map<std::uint32_t, int>{{13, 1365}, {12, 1364}, {11, 1364}}));
    EXPECT_EQ(ring.words[2891], 13u);
    EXPECT_EQ(ring.words[746], 11u);
    EXPECT_EQ(ring.words[998], 12u);
    EXPECT_EQ(ring.words[924], 11u);
}

TEST(Maglev, SharesSlotsByWeightAsIpvs) {
    EXPECT_EQ(shares(mh_ring(three(1, 2, 3))), (std::map<std::uint32_t, int>{{13, 683}, {12, 1364}, {11, 2046}}));
}

TEST(Maglev, KeepsTheSlotsOfAQuiescedServer) {
    std::vector<Target> servers = three(1, 1, 1);
    servers[1].weight = 0;
    EXPECT_EQ(mh_ring(servers), mh_ring(three(1, 1, 1)));
}

TEST(Maglev, GivesNoSlotToAServerThatNeverHadWeight) {
    EXPECT_EQ(shares(mh_ring(three(1, 0, 1))).count(12), 0u);
    EXPECT_EQ(mh_ring(three(0, 0, 0)).period, 0u);
}

TEST(Maglev, TakesFewTurnsForLargeWeights) {
    const Ring ring = mh_ring(three(65535, 65534, 1));
    EXPECT_EQ(std::ranges::count(ring.words, ID_NONE), 0);
    // (65535 >> 10) = 63 turns each for the heavy ones, one for the light one.
    EXPECT_NEAR(shares(ring)[11], 4093 / 127, 2);
}

}  // namespace
}  // namespace lvx::plan
