#include "cli/change_text.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/duration.hh"

namespace lvx::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Duration, TakesUnitsFromLargeToSmall) {
    EXPECT_EQ(parse_duration("90"), 90s);
    EXPECT_EQ(parse_duration("5m"), 5min);
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("1d"), 24h);
    for (const std::string_view bad : {"", "0", "-5", "5x", "m", "30m1h", "1h5", "5 m", "99999d", "1m1m"}) EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(PlanText, AlignsItsLinesAndCounts) {
    const api::PlanOutcome plan{.usable = true,
                                .lines = {{.sign = "-", .what = "server 10.0.0.3:80", .change = "812 connections", .effect = "drained", .connections = 812},
                                          {.sign = "+", .what = "service tcp/192.0.2.1:80", .change = "scheduler rr"}},
                                .drained = 812,
                                .shadowed = {"o1: weight 5"}};
    EXPECT_EQ(plan_text(plan, "new.conf"),
              "- server 10.0.0.3:80        812 connections  drained\n"
              "+ service tcp/192.0.2.1:80  scheduler rr\n"
              "! hidden by override o1: weight 5\n"
              "0 connections cut at once, 812 drained.   apply: lvx config apply new.conf [--confirm 5m]\n");
    EXPECT_EQ(plan_text({.usable = true}, "x"), "nothing would change\n");
}

TEST(OverridesText, TellsWhoUntilWhenAndWhatLeaves) {
    api::OverridesSnapshot overrides;
    EXPECT_EQ(overrides_text(overrides), "no overrides: what runs is what the configuration says\n");
    overrides.overrides.push_back({.override = {.name = "o7", .until = model::WallTime{60s}, .who = "karl"}, .target = "10.0.0.3:80", .text = "disabled"});
    overrides.leaving.push_back({.connections = 2});
    EXPECT_THAT(overrides_text(overrides), HasSubstr("o7    10.0.0.3:80"));
    EXPECT_THAT(overrides_text(overrides), HasSubstr("1970-01-01T00:01:00Z  karl"));
    EXPECT_THAT(overrides_text(overrides), HasSubstr("leaves, 2 connections"));
}

}  // namespace
}  // namespace lvx::cli
