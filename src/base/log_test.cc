#include "base/log.hh"

#include <gtest/gtest.h>

namespace lvx::log {
namespace {

TEST(Log, SaysTheSentenceFirstAndQuotesOnlyWhatNeedsIt) {
    const Entry plain = entry(Level::info, "ready", {{"services", "3"}, {"file", "/etc/a b"}, {"why", "say \"x\""}, {"none", ""}});
    EXPECT_EQ(plain.text, "ready  services=3 file=\"/etc/a b\" why=\"say \\\"x\\\"\" none=\"\"");
    EXPECT_EQ(entry(Level::info, "ready", {}).text, "ready");
}

TEST(Log, GivesTheJournalAPriorityAndNoTime) {
    EXPECT_EQ(line(Sink::journal, {Level::warning, "text"}, {}), "<4>text\n");
    EXPECT_EQ(line(Sink::journal, {Level::error, "text"}, {}), "<3>text\n");
}

TEST(Log, GivesAStreamTimeAndLevel) {
    const WallClock now{std::chrono::milliseconds(1500)};
    EXPECT_EQ(line(Sink::stream, {Level::error, "text"}, now), "1970-01-01T00:00:01.500Z error   text\n");
}

TEST(Repeats, AreWrittenOnceAndCountedWhenSomethingElseComes) {
    Repeats repeats;
    const Entry a{Level::info, "a"}, b{Level::info, "b"};
    EXPECT_EQ(repeats.add(a).size(), 1u);
    EXPECT_TRUE(repeats.add(a).empty());
    EXPECT_TRUE(repeats.add(a).empty());
    const std::vector<Entry> written = repeats.add(b);
    ASSERT_EQ(written.size(), 2u);
    EXPECT_EQ(written[0].text, "the line before was repeated 2 times");
    EXPECT_EQ(written[1], b);
}

TEST(Repeats, OfDifferentLevelAreDifferentLines) {
    Repeats repeats;
    (void)repeats.add({Level::info, "a"});
    EXPECT_EQ(repeats.add({Level::error, "a"}).size(), 1u);
    EXPECT_FALSE(repeats.flush());
}

TEST(Repeats, AreCountedByAFlushOnce) {
    Repeats repeats;
    (void)repeats.add({Level::info, "a"});
    (void)repeats.add({Level::info, "a"});
    EXPECT_EQ(repeats.flush()->text, "the line before was repeated 1 time");
    EXPECT_FALSE(repeats.flush());
}

}  // namespace
}  // namespace lvx::log
