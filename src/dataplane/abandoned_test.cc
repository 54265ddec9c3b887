// Claims that a killed daemon left, and those of packets that are merely under way.
#include "dataplane/abandoned.hh"

#include <gtest/gtest.h>

#include "bpf/table/test_table.hh"

namespace lvx::dataplane {
namespace {

constexpr std::uint32_t tick = 100;

struct AbandonedTest : testing::Test {
    table::TestTable table{{.buckets = 2}};

    table::table view() { return *table.get(); }
    void claim(std::uint32_t slot) { table.slot(slot).control = table::control_claim(0, tick); }
    std::uint32_t status(std::uint32_t slot) { return table::control_status(table.slot(slot).control); }
};

TEST_F(AbandonedTest, WaitsForNobodyWhereNothingIsClaimed) {
    bool waited = false;
    EXPECT_EQ(free_abandoned(view(), tick, [&] { waited = true; }), 0u);
    EXPECT_FALSE(waited);
}

TEST_F(AbandonedTest, FreesAClaimThatOutlastsThePackets) {
    claim(3), claim(15);
    EXPECT_EQ(free_abandoned(view(), tick, [] {}), 2u);
    EXPECT_EQ(status(3), abi::SLOT_free);
    EXPECT_EQ(status(15), abi::SLOT_free);
    EXPECT_TRUE(claims(view()).empty());
}

TEST_F(AbandonedTest, LeavesWhatAPacketFinishesOrClaimsMeanwhile) {
    claim(3), claim(4);
    const auto packets = [&] {
        table.slot(3).control = table::control_make(1, abi::SLOT_live, STATE_established, tick + 900);
        table.slot(4).control = table::control_claim(table.slot(4).control, tick);
        claim(5);
    };
    EXPECT_EQ(free_abandoned(view(), tick, packets), 0u);
    EXPECT_EQ(status(3), abi::SLOT_live);
    EXPECT_EQ(status(4), abi::SLOT_claimed);
    EXPECT_EQ(status(5), abi::SLOT_claimed);
}

}  // namespace
}  // namespace lvx::dataplane
