#include "base/text.hh"

#include <gtest/gtest.h>

#include <array>

namespace lvx {
namespace {

TEST(ParseInteger, TakesTheWholeTextOrNothing) {
    EXPECT_EQ(parse_integer("0"), 0);
    EXPECT_EQ(parse_integer("-12"), -12);
    EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
    for (const char* bad : {"", "-", "+1", "1 ", " 1", "0x10", "1.5", "9223372036854775808"}) {
        EXPECT_FALSE(parse_integer(bad)) << bad;
    }
}

TEST(ParseThousandths, KeepsThreePlaces) {
    EXPECT_EQ(parse_millionths("2"), 2000000);
    EXPECT_EQ(parse_millionths("0.25"), 250000);
    EXPECT_EQ(parse_millionths("1.0000019"), 1000001);
    for (const char* bad : {"", ".", "1.", ".5", "-1", "1e3", "1.2.3"}) EXPECT_FALSE(parse_millionths(bad)) << bad;
}

TEST(ParsePort, Is1To65535) {
    EXPECT_EQ(parse_port("1"), 1);
    EXPECT_EQ(parse_port("65535"), 65535);
    for (const char* bad : {"0", "65536", "-1", "http", "", "80 "}) EXPECT_FALSE(parse_port(bad)) << bad;
}

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("wrrr", "wrr"), 1u);
    EXPECT_EQ(edit_distance("delya_loop", "delay_loop"), 1u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, IsStricterWithShortWords) {
    constexpr std::array<std::string_view, 4> words = {"rr", "wrr", "lc", "delay_loop"};
    EXPECT_EQ(nearest("wrrr", words), "wrr");
    EXPECT_EQ(nearest("xyz", words), std::nullopt);
    EXPECT_EQ(nearest("dely_lop", words), "delay_loop");
    EXPECT_EQ(nearest("dly_lop", words), std::nullopt);
}

TEST(SplitWords, TreatsCarriageReturnsAsBlanks) {
    EXPECT_EQ(split_words(" -A\t-t  x:80\r"), (std::vector<std::string_view>{"-A", "-t", "x:80"}));
    EXPECT_TRUE(split_words(" \t\r").empty());
}

TEST(SplitAt, KeepsEmptyParts) {
    EXPECT_EQ(split_at("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
    EXPECT_EQ(split_at("", ','), std::vector<std::string_view>{""});
}

TEST(HasForm, TakesADigitForEachDAndEverythingElseAsItIs) {
    EXPECT_TRUE(has_form("07:45", "dd:dd"));
    for (const char* other : {"", "7:45", "07:450", "07-45", "0d:45", "07:4 "}) EXPECT_FALSE(has_form(other, "dd:dd")) << other;
}

TEST(Printable, DisarmsEscapeSequences) { EXPECT_EQ(printable("a\x1b[31m\tb\x7f"), "a?[31m\tb?"); }

}  // namespace
}  // namespace lvx
