#include "cli/drill.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lvx::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

api::VrrpSnapshot one_master() { return {.configured = true, .instances = {{.name = "VI_1", .state = "MASTER"}, {.name = "VI_2", .state = "BACKUP"}}}; }
api::SyncSnapshot one_standby() { return {.configured = true, .connections = 7, .sentence = "a failover now would lose 0 connections", .peers = {{.name = "10.9.0.2:8849", .phase = "in step"}}}; }

TEST(Drill, BeginsOnAMasterWhoseStandbyIsInStep) {
    EXPECT_EQ(drill_obstacle(one_master(), "VI_1", one_standby()), "");
    EXPECT_THAT(drill_obstacle(one_master(), "VI_2", one_standby()), HasSubstr("not master of VI_2"));
    EXPECT_THAT(drill_obstacle(one_master(), "VI_9", one_standby()), HasSubstr("no virtual router VI_9"));
}

TEST(Drill, DoesNotBeginWhereConnectionsWouldBeLost) {
    api::SyncSnapshot sync = one_standby();
    sync.would_lose = 3;
    sync.sentence = "a failover now would lose 3 connections";
    EXPECT_EQ(drill_obstacle(one_master(), "VI_1", sync), sync.sentence);
    sync.peers[0].phase = "copying";
    EXPECT_THAT(drill_obstacle(one_master(), "VI_1", sync), HasSubstr("no standby is in step"));
    EXPECT_THAT(drill_obstacle(one_master(), "VI_1", {}), HasSubstr("no standby is in step"));
}

TEST(Drill, DoesNotTakeBackWhatItDidNotHandOver) {
    api::VrrpSnapshot vrrp = one_master();
    vrrp.instances[1].yielded = true;
    EXPECT_THAT(drill_obstacle(vrrp, "VI_1", one_standby()), HasSubstr("VI_2 was handed over before"));
}

TEST(Drill, SaysWhatIsWrongWithItsWordsBeforeItAsksADaemon) {
    const auto misuse = [](std::map<std::string, std::string> values) { return drill_misuse({.command = CommandId::failover, .values = {values.begin(), values.end()}}); };
    EXPECT_EQ(misuse({}), "");
    EXPECT_EQ(misuse({{"--from", "client"}, {"--connections", "1"}, {"--service", "[::1]:80"}}), "");
    EXPECT_THAT(misuse({{"--from", "client"}, {"--connections", "0"}}), HasSubstr("--connections takes 1 to"));
    EXPECT_THAT(misuse({{"--from", "client"}, {"--connections", "x"}}), HasSubstr("--connections takes 1 to"));
    EXPECT_THAT(misuse({{"--connections", "5"}}), HasSubstr("need --from NAMESPACE"));
    EXPECT_THAT(misuse({{"--service", "10.0.0.1:80"}}), HasSubstr("need --from NAMESPACE"));
}

TEST(Drill, TakesTheOnlyRouterOfWhichItIsMaster) {
    api::VrrpSnapshot vrrp = one_master();
    EXPECT_EQ(drill_instance(vrrp, ""), "VI_1");
    EXPECT_EQ(drill_instance(vrrp, "VI_2"), "VI_2");
    vrrp.instances[1].state = "MASTER";
    EXPECT_EQ(drill_instance(vrrp, ""), "");
}

TEST(Drill, ALostAFailedAndAHomelessConnectionEachSpoilIt) {
    EXPECT_TRUE(DrillPassage{}.lossless());
    EXPECT_FALSE(DrillPassage{.at_risk = 1}.lossless());
    DrillPassage passage{.clients = lab::DrillReport{.held = 3, .alive = 2, .ended = 1}};
    EXPECT_TRUE(passage.lossless()) << "what its server ended is not lost";
    passage.clients->failed = 1;
    EXPECT_FALSE(passage.lossless());
    passage.clients->failed = 0;
    passage.clients->lost = 1;
    EXPECT_FALSE(passage.lossless());
}

TEST(Drill, SaysWhatItSaw) {
    const DrillPassage passage{.time = 61'250us, .clients = lab::DrillReport{.held = 100, .alive = 99, .lost = 1, .opened = 300, .longest_gap = 64ms}};
    EXPECT_EQ(passage_text("handed over", passage),
              "handed over after 61.2 ms; new clients waited 64.0 ms at most\n    held: 100 before, 99 after, 1 lost; new: 300 opened, 0 failed\n");
    EXPECT_EQ(passage_text("handed back", {.time = 5ms, .at_risk = 2}), "handed back after 5.0 ms; 2 connections have no place on the standby\n");
}

}  // namespace
}  // namespace lvx::cli
