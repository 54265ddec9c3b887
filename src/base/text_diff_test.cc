#include "base/text_diff.hh"

#include <gtest/gtest.h>

namespace lvx {
namespace {

TEST(UnifiedDiff, OfEqualTextsIsEmpty) {
    EXPECT_EQ(unified_diff("a", "x\ny\n", "b", "x\ny\n"), "");
    EXPECT_EQ(unified_diff("a", "", "b", ""), "");
}

TEST(UnifiedDiff, ShowsThreeLinesAroundAChange) {
    EXPECT_EQ(unified_diff("old", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "new", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
              "--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, HasAHunkForEachPlaceFarEnoughApart) {
    std::string before, after;
    for (int i = 0; i < 30; ++i) {
        before += std::to_string(i) + "\n";
        after += (i == 3 || i == 25 ? "x" : std::to_string(i)) + "\n";
    }
    const std::string text = unified_diff("a", before, "b", after);
    EXPECT_NE(text.find("@@ -1,7 +1,7 @@"), text.npos);
    EXPECT_NE(text.find("@@ -23,7 +23,7 @@"), text.npos);
}

TEST(UnifiedDiff, OfATextAndNothingIsAllOfIt) {
    EXPECT_EQ(unified_diff("a", "", "b", "x\n"), "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+x\n");
    EXPECT_EQ(unified_diff("a", "x\n", "b", ""), "--- a\n+++ b\n@@ -1,1 +0,0 @@\n-x\n");
}

}  // namespace
}  // namespace lvx
