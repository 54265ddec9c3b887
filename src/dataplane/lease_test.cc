#include "dataplane/lease.hh"

#include <gtest/gtest.h>

#include "bpf/table/guard.h"

namespace lvx::dataplane {
namespace {

using namespace std::chrono_literals;

TEST(Lease, IsOverOnlyWhenItsLastJiffyIs) {
    EXPECT_FALSE(abi::lease_has_ended(abi::LEASE_NONE, 1000)) << "no lease never ends";
    EXPECT_FALSE(abi::lease_has_ended(1000, 999));
    EXPECT_FALSE(abi::lease_has_ended(1000, 1000));
    EXPECT_TRUE(abi::lease_has_ended(1000, 1001));
    EXPECT_TRUE(abi::lease_has_ended(abi::LEASE_OVER, 4294667296)) << "jiffies begin five minutes before 32 bits wrap";
}

TEST(Lease, CountsItsEndAcrossTheWrapOf32And64Bits) {
    EXPECT_FALSE(abi::lease_has_ended(0x1'0000'0003, 0xffff'fffe));
    EXPECT_TRUE(abi::lease_has_ended(0xffff'fffe, 0x1'0000'0003));
    EXPECT_FALSE(abi::lease_has_ended(3, ~0ull - 1));
    EXPECT_TRUE(abi::lease_has_ended(~0ull - 1, 3));
}

TEST(Lease, TheRightToBeginLapsesOnlyWhileTheLeaseItselfRuns) {
    EXPECT_FALSE(abi::opening_has_lapsed(1000, 2000, 1000));
    EXPECT_TRUE(abi::opening_has_lapsed(1000, 2000, 1001));
    EXPECT_TRUE(abi::opening_has_lapsed(1000, 2000, 2000));
    EXPECT_FALSE(abi::opening_has_lapsed(1000, 2000, 2001)) << "fenced by then";
    EXPECT_FALSE(abi::opening_has_lapsed(1000, abi::LEASE_NONE, 1001)) << "no virtual router";
    EXPECT_FALSE(abi::opening_has_lapsed(1000, abi::LEASE_OVER, 1001)) << "no master";
    EXPECT_FALSE(abi::opening_has_lapsed(abi::OPENING_UNLIMITED, 2000, 1001));
}

TEST(Lease, TheMomentAfterATakeoverEnds) {
    EXPECT_FALSE(abi::is_settling(0, 1000)) << "nothing ever moved";
    EXPECT_TRUE(abi::is_settling(1050, 1049));
    EXPECT_FALSE(abi::is_settling(1050, 1050));
    EXPECT_TRUE(abi::is_settling(0x1'0000'0003, 0xffff'fffe));
}

TEST(Lease, IsNeverLongerThanAskedFor) {
    EXPECT_EQ(jiffies_within(20ms, 250), 4) << "a jiffy of 4 ms may be nearly over";
    EXPECT_EQ(jiffies_within(20ms, 1000), 19);
    EXPECT_EQ(jiffies_within(20ms, 100), 1);
    EXPECT_EQ(jiffies_within(3ms, 250), 0);
    EXPECT_EQ(jiffies_within(-1ms, 250), 0);
}

TEST(Lease, GuardsEveryAddressOnceAndCountsThoseThatFindNoPlace) {
    std::vector<Address> addresses;
    for (std::uint32_t i = 0; i < 1000; ++i) addresses.push_back(Address::v4(0x0a000000 + i));
    const GuardTable table = guard_table(addresses);
    EXPECT_EQ(table.refused, 0u);
    EXPECT_EQ(std::ranges::count_if(table.places, [](const auto& place) { return place.address.halves[1] != 0; }), 1000);
    for (std::uint32_t i = 1000; i < 10'000; ++i) addresses.push_back(Address::v4(0x0a000000 + i));
    EXPECT_GE(guard_table(addresses).refused, 10'000u - GUARD_PLACES);
}

}  // namespace
}  // namespace lvx::dataplane
