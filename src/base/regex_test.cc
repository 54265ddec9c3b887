#include "base/regex.hh"

#include <gtest/gtest.h>

#include <vector>

namespace lvx {
namespace {

std::expected<Regex, RegexFault> compiled(std::string_view expression, const std::vector<std::string>& options) {
    return Regex::compile(expression, options);
}

TEST(Regex, FindsWhereTheFirstMatchBegins) {
    const auto regex = compiled("^id: [0-9]+", {"multiline"});
    ASSERT_TRUE(regex);
    EXPECT_EQ(regex->find("ok\nid: 7\n"), 3u);
    EXPECT_EQ(regex->find("ok\nID: 7\n"), std::nullopt);
}

TEST(Regex, TakesOptionsByName) {
    EXPECT_FALSE(compiled("abc", {})->find("ABC"));
    EXPECT_TRUE(compiled("abc", {"caseless"})->find("ABC"));
    EXPECT_NE(regex_option_names().find("caseless"), std::string_view::npos);
}

TEST(Regex, SaysWhatIsWrongAndWhere) {
    const auto regex = compiled("a(b", {});
    ASSERT_FALSE(regex);
    EXPECT_EQ(regex.error().offset, 3u);
    EXPECT_NE(regex.error().message.find("parenthes"), std::string::npos);
}

TEST(Regex, GivesUpOnAnExplosion) { EXPECT_EQ(compiled("(a+)+$", {})->find(std::string(64, 'a') + "b"), std::nullopt); }

}  // namespace
}  // namespace lvx
