#include "cli/sync.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lvx::cli {
namespace {

using testing::HasSubstr;

TEST(SyncText, DaemonsAreWordedAsIpvsadmWordsThem) {
    const api::SyncSnapshot snapshot{
        .daemons = {{.role = "master", .interface = "eth0", .sync_id = 5, .max_length = 1472, .group = {Address::v4(0xe0000051), 8848}, .ttl = 1},
                    {.role = "backup", .interface = "eth1", .max_length = 1472, .group = {*Address::parse("ff02::51"), 8848}, .ttl = 1}}};
    EXPECT_EQ(sync_daemons_text(snapshot),
              "master sync daemon (mcast=eth0, syncid=5, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n"
              "backup sync daemon (mcast=eth1, syncid=0, maxlen=1472, group=ff02::51, port=8848, ttl=1)\n");
}

TEST(SyncText, APeerThatIsInStepSaysHowFarItIs) {
    const api::SyncSnapshot snapshot{.configured = true,
                                     .role = "master of VI_1",
                                     .connections = 12,
                                     .sentence = "a failover now would lose 0 connections",
                                     .peers = {{.name = "10.9.0.2:8849", .phase = "in step", .sentence = "all there", .lag_us = 400}}};
    const std::string text = sync_text(snapshot);
    EXPECT_THAT(text, HasSubstr("role: master of VI_1\n"));
    EXPECT_THAT(text, HasSubstr("peer 10.9.0.2:8849: in step (all there)\n    lag 0.4 ms"));
    EXPECT_THAT(text, testing::EndsWith("12 connections; a failover now would lose 0 connections\n"));
}

TEST(SyncText, APeerThatNobodyReachedSaysWhy) {
    const api::SyncSnapshot snapshot{.configured = true, .peers = {{.name = "a", .phase = "connecting", .last_fault = "refused"}}};
    EXPECT_THAT(sync_text(snapshot), HasSubstr("    last: refused\n"));
}

TEST(SyncText, WithoutAnySynchronisationItSaysWhatWouldConfigureOne) {
    EXPECT_THAT(sync_text({}), HasSubstr("director_sync"));
}

}  // namespace
}  // namespace lvx::cli
