// Tracked objects: what their results mean, and what they do to a priority.
#include <gtest/gtest.h>

#include "vrrp/script_track.hh"
#include "vrrp/trackers_driver.hh"
#include "vrrp/tracking.hh"

namespace lvx::vrrp {
namespace {

TrackedObject object(TrackKind kind, std::int32_t weight, bool reverse) { return {{kind, "it"}, weight, reverse}; }

std::uint8_t priority_of(std::int32_t weight, bool reverse, std::int64_t value) {
    return standing(100, {object(TrackKind::script, weight, reverse)}, {{{TrackKind::script, "it"}, value}}).priority;
}

TEST(Tracking, WeightsCountAsKeepalivedCountsThem) {
    EXPECT_EQ(priority_of(20, false, 1), 120) << "+w while good";
    EXPECT_EQ(priority_of(20, false, 0), 100);
    EXPECT_EQ(priority_of(-20, false, 1), 100);
    EXPECT_EQ(priority_of(-20, false, 0), 80) << "-w while bad";
    EXPECT_EQ(priority_of(20, true, 1), 80) << "reverse: -w while good";
    EXPECT_EQ(priority_of(-20, true, 0), 120) << "reverse: +w while bad";
}

TEST(Tracking, WithoutWeightBadIsAFault) {
    const auto faults = [](bool reverse, std::int64_t value) {
        return standing(100, {object(TrackKind::interface, 0, reverse)}, {{{TrackKind::interface, "it"}, value}}).faults.size();
    };
    EXPECT_EQ(faults(false, 1), 0u);
    EXPECT_EQ(faults(false, 0), 1u);
    EXPECT_EQ(faults(true, 1), 1u);
    EXPECT_EQ(faults(true, 0), 0u);
}

TEST(Tracking, WaitsForWhatDecidesAndIsNotKnownYet) {
    EXPECT_TRUE(standing(100, {object(TrackKind::script, 0, false)}, {}).waiting);
    EXPECT_FALSE(standing(100, {object(TrackKind::script, 5, false)}, {}).waiting) << "a weight adjusts nothing before its first result";
}

TEST(Tracking, ThePriorityStaysBetween1And254AndAnOwnerStays255) {
    const Observed bad{{{TrackKind::script, "it"}, 0}};
    EXPECT_EQ(standing(100, {object(TrackKind::script, -253, false)}, bad).priority, 1);
    EXPECT_EQ(standing(200, {object(TrackKind::script, 200, false)}, {{{TrackKind::script, "it"}, 1}}).priority, 254);
    EXPECT_EQ(standing(255, {object(TrackKind::script, -100, false)}, bad).priority, 255);
}

TEST(Tracking, AFilesNumberIsMultipliedAndAVeryLowOneIsAFault) {
    const auto of_file = [](std::int32_t weight, std::int64_t value) {
        return standing(100, {object(TrackKind::file, weight, false)}, {{{TrackKind::file, "it"}, value}});
    };
    EXPECT_EQ(of_file(2, 10).priority, 120);
    EXPECT_EQ(of_file(1, -253).priority, 1);
    EXPECT_TRUE(of_file(1, -253).faults.empty());
    EXPECT_FALSE(of_file(1, -254).faults.empty());
    EXPECT_FALSE(of_file(0, 1).faults.empty()) << "weight 0: any number but 0";
}

TEST(ScriptTrack, ItsFirstResultDecidesThenRiseAndFall) {
    model::VrrpScript script{.name = "it", .rise = 2, .fall = 3};
    ScriptTrack track(script);
    EXPECT_EQ(track.good(), std::nullopt);
    EXPECT_TRUE(track.result(true));
    EXPECT_FALSE(track.result(false));
    EXPECT_FALSE(track.result(false));
    EXPECT_TRUE(track.result(false)) << "the third";
    EXPECT_FALSE(track.result(true));
    EXPECT_FALSE(track.result(false)) << "the streak is broken";
    EXPECT_FALSE(track.result(true));
    EXPECT_TRUE(track.result(true));
}

TEST(ScriptTrack, WithInitFailItIsBadUntilItRises) {
    model::VrrpScript script{.name = "it", .init_fail = true, .rise = 2};
    ScriptTrack track(script);
    EXPECT_EQ(track.good(), false);
    EXPECT_FALSE(track.result(true));
    EXPECT_TRUE(track.result(true));
}

TEST(TrackProcess, ComparesNamesAndParameters) {
    const std::vector<ProcessSeen> seen = {{"nginx", {"/usr/sbin/nginx", "-g", "daemon off;"}}, {"nginx", {"nginx", "-t"}}, {"a-very-long-nam", {"a-very-long-name"}}};
    model::TrackProcess wanted{.name = "it", .words = {"nginx"}};
    EXPECT_EQ(count_matching(wanted, seen), 2u);
    wanted = {.name = "it", .words = {"/usr/sbin/nginx", "-g"}, .parameters = model::TrackProcess::Parameters::initial};
    EXPECT_EQ(count_matching(wanted, seen), 1u);
    wanted.parameters = model::TrackProcess::Parameters::exact;
    EXPECT_EQ(count_matching(wanted, seen), 0u);
    EXPECT_EQ(count_matching({.name = "it", .words = {"a-very-long-name"}}, seen), 1u) << "the kernel keeps 15 bytes of a name";
    EXPECT_TRUE(has_quorum({.quorum = 2, .quorum_max = 3}, 3));
    EXPECT_FALSE(has_quorum({.quorum = 2, .quorum_max = 3}, 4));
}

TEST(TrackFile, ReadsANumberAndTakesAnythingElseFor0) {
    EXPECT_EQ(number_in("17\n"), 17);
    EXPECT_EQ(number_in("  -3 of 5"), -3);
    EXPECT_EQ(number_in("+4"), 4);
    EXPECT_EQ(number_in("down"), 0);
    EXPECT_EQ(number_in(""), 0);
}

}  // namespace
}  // namespace lvx::vrrp
