// `lvx failover --drill` on the master of a pair (the lab is drawn in support/pair.hh).
#include <gmock/gmock.h>
#include <unistd.h>

#include <fmt/format.h>

#include "support/pair.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// The client's namespace, by a path others can open as well.
std::string from_client(const Pair& pair) { return fmt::format("--from /proc/{}/fd/{}", ::getpid(), pair.lab().namespace_of("client")); }

bool ready(Pair& pair) {
    return pair.await_master(1) && pair.await_in_step(1) && lab::wait_until(patience, [&] { return pair.sync(2).role == "backup of VI_1"; });
}

TEST(Drill, HandsOverAndBackUnderTestClientsAndLosesNothing) {
    Pair pair;
    ASSERT_TRUE(ready(pair));
    const Outcome drill = must(pair.director(1).ask("lvx failover --drill " + from_client(pair) + " --connections 50"));
    EXPECT_EQ(drill.status, 0) << drill.out << drill.err;
    EXPECT_THAT(drill.out, HasSubstr("50 connections to 192.168.88.23:7 are held"));
    EXPECT_THAT(drill.out, MatchesRegex(".*handed over after [0-9.]+ ms; new clients waited [0-9.]+ ms at most\n"
                                        "    held: 50 before, 50 after, 0 lost; new: [1-9][0-9]* opened, 0 failed\n.*"));
    EXPECT_THAT(drill.out, HasSubstr("handed back after "));
    EXPECT_THAT(drill.out, testing::EndsWith("nothing was lost\n"));
    EXPECT_TRUE(pair.await_master(1));
}

TEST(Drill, DoesNotBeginWithoutAStandbyOrOnOne) {
    Pair pair;
    ASSERT_TRUE(ready(pair));
    const Outcome on_standby = must(pair.director(2).ask("lvx failover --drill VI_1"));
    EXPECT_EQ(on_standby.status, 1);
    EXPECT_THAT(on_standby.err, HasSubstr("not master of VI_1"));
    pair.director(2).process().kill();
    ASSERT_TRUE(lab::wait_until(patience, [&] { return pair.sync(1).peers.at(0).phase == "connecting"; }));
    const Outcome alone = must(pair.director(1).ask("lvx failover --drill"));
    EXPECT_EQ(alone.status, 1);
    EXPECT_THAT(alone.err, HasSubstr("no standby is in step"));
    EXPECT_TRUE(pair.await_master(1));
}

TEST(Drill, WithoutClientsItSaysThatNobodyLookedOn) {
    Pair pair;
    ASSERT_TRUE(ready(pair));
    const Outcome drill = must(pair.director(1).ask("lvx failover --drill"));
    EXPECT_EQ(drill.status, 0) << drill.out << drill.err;
    EXPECT_THAT(drill.out, HasSubstr("no test clients"));
    EXPECT_THAT(drill.out, testing::EndsWith("without test clients nobody looked on\n"));
}

}  // namespace
}  // namespace lvx::cluster
