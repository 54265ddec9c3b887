#include "daemon/reload_time.hh"

#include <gtest/gtest.h>

namespace lvx::daemon {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

// Local time is an hour ahead of UTC.
Zone east() {
    return {.local = [](model::WallTime time) { return local_seconds(time.time_since_epoch() + 1h); },
            .wall = [](local_seconds time) { return model::WallTime(time.time_since_epoch() - 1h); }};
}
constexpr model::WallTime noon = sys_days(2026y / November / 22) + 12h;  // 13:00 on the wall

TEST(ReloadTime, is_local_and_with_Z_of_UTC) {
    EXPECT_EQ(reload_time("13:00:00", noon, east()), (ReloadTime{.at = noon}));
    EXPECT_EQ(reload_time("13:00:00Z", noon, east()), (ReloadTime{.at = noon + 1h}));
    EXPECT_EQ(reload_time("2026-11-22 13:00:01", noon, east()), (ReloadTime{.at = noon + 1s, .dated = true}));
    EXPECT_EQ(reload_time("26-11-22 13:00:01Z", noon, east()), (ReloadTime{.at = noon + 1h + 1s, .dated = true}));
}

TEST(ReloadTime, without_a_date_is_tomorrow_once_it_is_over) {
    EXPECT_EQ(reload_time("12:59:59", noon, east())->at, noon + 24h - 1s);
    EXPECT_EQ(reload_time("00:30:00", noon + 11h + 15min, east())->at, noon + 11h + 30min) << "half past midnight here, the day before in UTC";
}

TEST(ReloadTime, has_no_other_form) {
    for (const char* line : {"", "Z", "13:00", "13:00:00 ", " 13:00:00", "13:00:60", "24:00:00", "2026-11-22", "2026-11-22  13:00:00", "2026-02-30 13:00:00",
                             "026-11-22 13:00:00", "2026-11-22T13:00:00", "13:00:00z", "1a:00:00"})
        EXPECT_FALSE(reload_time(line, noon, east())) << line;
}

TEST(ReloadClock, reloads_once_at_the_time_and_removes_the_file) {
    ReloadClock clock(east());
    EXPECT_EQ(clock.step(std::nullopt, false, noon), ReloadClock::Step{});
    EXPECT_EQ(clock.step("13:00:10", false, noon).notice, "the configuration will be read again at 2026-11-22T12:00:10Z");
    EXPECT_EQ(clock.step("13:00:10", false, noon + 9s), ReloadClock::Step{});
    EXPECT_EQ(clock.step("13:00:10", false, noon + 10s), (ReloadClock::Step{.reload = true, .remove = true, .notice = ""}));
    EXPECT_EQ(clock.step("13:00:10", false, noon + 11s), ReloadClock::Step{}) << "whoever cannot remove it must not reload every second";
}

TEST(ReloadClock, repeats_daily_where_there_is_no_date) {
    ReloadClock clock(east());
    (void)clock.step("13:00:10", true, noon);
    EXPECT_EQ(clock.step("13:00:10", true, noon + 12s), (ReloadClock::Step{.reload = true, .remove = false, .notice = ""}));
    EXPECT_EQ(clock.step("13:00:10", true, noon + 24h + 9s), ReloadClock::Step{});
    EXPECT_TRUE(clock.step("13:00:10", true, noon + 24h + 10s).reload);
    (void)clock.step("2026-11-24 13:00:10", true, noon + 24h + 11s);
    EXPECT_EQ(clock.step("2026-11-24 13:00:10", true, noon + 48h + 10s), (ReloadClock::Step{.reload = true, .remove = true, .notice = ""}));
}

TEST(ReloadClock, follows_the_file) {
    ReloadClock clock(east());
    (void)clock.step("13:00:10", false, noon);
    EXPECT_EQ(clock.step("13:00:20", false, noon + 10s).notice, "the configuration will be read again at 2026-11-22T12:00:20Z");
    EXPECT_EQ(clock.step(std::nullopt, false, noon + 11s).notice, "the reload at a set time is cancelled");
    EXPECT_EQ(clock.step(std::nullopt, false, noon + 21s), ReloadClock::Step{});
    EXPECT_EQ(clock.step("soon", false, noon + 22s).notice, "reload_time_file says \"soon\", which is no time");
    EXPECT_EQ(clock.step("2026-11-22 13:00:00", false, noon + 22s).notice, "reload_time_file says 2026-11-22T12:00:00Z, which is over");
    EXPECT_FALSE(clock.step("2026-11-22 13:00:00", false, noon + 23s).reload);
}

TEST(ReloadTime, of_the_machine_goes_there_and_back) {
    const Zone zone = machine_zone();
    EXPECT_EQ(zone.wall(zone.local(noon)), noon);
}

}  // namespace
}  // namespace lvx::daemon
