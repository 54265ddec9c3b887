#include "config/tree.hh"

#include <gtest/gtest.h>

#include "base/text.hh"
#include "config/keyword.hh"

namespace lvx::config {
namespace {

struct Built {
    std::string shape;  // keyword{children} keyword ...
    std::vector<std::pair<std::uint32_t, Code>> complaints;
};

std::string shape_of(const std::vector<Statement>& statements) {
    std::string text;
    for (const Statement& one : statements) {
        text += (text.empty() ? "" : " ") + one.keyword();
        if (one.has_block) text += "{" + shape_of(one.block) + "}";
    }
    return text;
}

Built built(std::string_view text) {
    std::vector<Line> lines;
    for (const auto line : split_at(text, '\n')) {
        lines.push_back({.text = std::string(line), .file = 0, .number = static_cast<std::uint32_t>(lines.size() + 1), .pieces = {}});
    }
    Diagnostics diagnostics;
    const Grammar grammar{.takes_command = takes_command, .needs_block = needs_block, .only_at_root = only_at_root};
    Built result{.shape = shape_of(build_tree(lines, grammar, diagnostics)), .complaints = {}};
    diagnostics.sort();
    for (const Diagnostic& one : diagnostics.all()) result.complaints.emplace_back(one.place.line, one.code);
    return result;
}

using Complaints = std::vector<std::pair<std::uint32_t, Code>>;

TEST(Tree, EndsAStatementAtTheLineAndAtBraces) {
    EXPECT_EQ(built("a 1\nb 2 {c 3\nd 4}e 5").shape, "a b{c d} e");
    EXPECT_TRUE(built("a 1\nb 2 {c 3\nd 4}e 5").complaints.empty());
}

TEST(Tree, FindsTheBraceOnALaterLine) {
    EXPECT_EQ(built("virtual_server x 1\n\n{\nweight 2\n}").shape, "virtual_server{weight}");
    EXPECT_TRUE(built("virtual_server x 1\n\n{\nweight 2\n}").complaints.empty());
}

TEST(Tree, ReportsAStrayClosingBrace) {
    const Built one = built("a\n}\nb");
    EXPECT_EQ(one.shape, "a b");
    EXPECT_EQ(one.complaints, (Complaints{{2, Code::stray_brace}}));
}

TEST(Tree, SkipsABlockThatBelongsToNothing) {
    const Built one = built("a {\n}\n{\n b {\n }\n}\nc");
    EXPECT_EQ(one.shape, "a{} c");
    EXPECT_EQ(one.complaints, (Complaints{{3, Code::stray_brace}}));
}

TEST(Tree, ReportsABlockThatNeverEndsAtItsBrace) {
    EXPECT_EQ(built("a {\n b {\n c\n }\n").complaints, (Complaints{{1, Code::unclosed_brace}}));
}

TEST(Tree, BlamesTheInnerBlockWhereIndentationShowsIt) {
    const Built one = built("virtual_server x 1 {\n    real_server y 2 {\n        weight 1\n}\nvirtual_server z 3 {\n}\n");
    EXPECT_EQ(one.complaints, (Complaints{{2, Code::unclosed_brace}}));
    EXPECT_EQ(one.shape, "virtual_server{real_server{weight}} virtual_server{}");
}

TEST(Tree, ClosesWhatIsOpenBeforeABlockOfTheRoot) {
    const Built one = built("virtual_server x 1 {\n    weight 1\nvirtual_server z 3 {\n}\n");
    EXPECT_EQ(one.complaints, (Complaints{{1, Code::unclosed_brace}}));
    EXPECT_EQ(one.shape, "virtual_server{weight} virtual_server{}");
}

TEST(Tree, ParsesABlockWhoseOpeningBraceIsMissing) {
    const Built one = built("virtual_server x 1\n    weight 1\n    ops\n}\nvirtual_server z 3 {\n}\n");
    EXPECT_EQ(one.complaints, (Complaints{{1, Code::missing_brace}}));
    EXPECT_EQ(one.shape, "virtual_server{weight ops} virtual_server{}");
}

TEST(Tree, EndsABlockWithoutBracesWithItsIndentation) {
    const Built one = built("virtual_server x 1 {\n  real_server a 1\n    weight 1\n  real_server b 1 {\n  }\n}\n");
    EXPECT_EQ(one.complaints, (Complaints{{2, Code::missing_brace}}));
    EXPECT_EQ(one.shape, "virtual_server{real_server{weight} real_server{}}");
}

TEST(Tree, BoundsTheDepthOfBlocks) {
    std::string text;
    for (std::size_t i = 0; i <= deepest_block; ++i) text += "a {\n";
    const Built one = built(text + "b\n" + std::string(deepest_block + 1, '}'));
    EXPECT_EQ(one.complaints, (Complaints{{deepest_block + 1, Code::nesting_depth}}));
}

}  // namespace
}  // namespace lvx::config
