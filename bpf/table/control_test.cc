#include "bpf/table/control.h"

#include <gtest/gtest.h>

namespace lvx::table {
namespace {

TEST(Control, KeepsEveryPartApart) {
    const __u64 control = control_make(0xffff, SLOT_live, STATE_udp, 0xffffffff);
    EXPECT_EQ(control_generation(control), 0xffffu);
    EXPECT_EQ(control_status(control), SLOT_live);
    EXPECT_EQ(control_state(control), STATE_udp);
    EXPECT_EQ(control_expires(control), 0xffffffffu);
    EXPECT_EQ(control_make(0, SLOT_free, STATE_none, 0), 0u);
}

TEST(Control, LivesThroughTheTickItExpiresIn) {
    const __u64 control = control_make(1, SLOT_live, STATE_established, 1000);
    EXPECT_TRUE(control_live(control, 999));
    EXPECT_TRUE(control_live(control, 1000));
    EXPECT_FALSE(control_live(control, 1001));
}

TEST(Control, ComparesTicksAcrossTheirWrap) {
    const __u64 control = control_make(1, SLOT_live, STATE_established, 5);
    EXPECT_TRUE(control_live(control, 0xfffffff0));
    EXPECT_TRUE(control_live(control, 5));
    EXPECT_FALSE(control_live(control, 6));
    EXPECT_FALSE(control_live(control_make(1, SLOT_live, STATE_established, 0xfffffff0), 3));
}

TEST(Control, IsNotLiveWhileFreeOrClaimed) {
    EXPECT_FALSE(control_live(control_make(1, SLOT_free, 0, 1000), 1));
    EXPECT_FALSE(control_live(control_make(1, SLOT_claimed, 0, 1000), 1));
}

TEST(Control, AClaimIsANewGenerationAndWraps) {
    const __u64 claim = control_claim(control_make(0xffff, SLOT_live, STATE_established, 7), 100);
    EXPECT_EQ(control_generation(claim), 0u);
    EXPECT_EQ(control_status(claim), SLOT_claimed);
    EXPECT_EQ(control_expires(claim), 100u);
}

TEST(Control, AnotherStateOrExpiryIsTheSameConnectionButNotAnotherGeneration) {
    const __u64 control = control_make(3, SLOT_live, STATE_syn_recv, 60);
    EXPECT_TRUE(control_same(control, control_with(control, STATE_established, 900)));
    EXPECT_FALSE(control_same(control, control_make(4, SLOT_live, STATE_syn_recv, 60)));
    EXPECT_FALSE(control_same(control, control_make(3, SLOT_free, STATE_syn_recv, 60)));
}

TEST(Control, AFreeOrExpiredSlotIsClaimableButNeverAClaimedOne) {
    EXPECT_TRUE(control_claimable(0, 5));
    EXPECT_TRUE(control_claimable(control_make(1, SLOT_live, 1, 4), 5));
    EXPECT_FALSE(control_claimable(control_make(1, SLOT_live, 1, 5), 5));
    const __u64 claim = control_claim(0, 5);
    EXPECT_FALSE(control_claimable(claim, 5));
    EXPECT_FALSE(control_claimable(claim, 6));
    EXPECT_FALSE(control_claimable(claim, 5 + 1'000'000));
}

}  // namespace
}  // namespace lvx::table
