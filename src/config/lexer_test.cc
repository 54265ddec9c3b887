#include "config/lexer.hh"

#include <gtest/gtest.h>

namespace lvx::config {
namespace {

struct Result {
    std::vector<std::string> words;  // braces as themselves
    std::size_t complaints = 0;
};

std::vector<Token> tokens(std::string text, Diagnostics& diagnostics) {
    const Line line{.text = std::move(text), .file = 0, .number = 1, .pieces = {}};
    return tokenise(line, [](std::string_view keyword) { return keyword == "notify_up"; }, diagnostics);
}

Result lexed(std::string text) {
    Diagnostics diagnostics;
    Result result;
    for (const Token& token : tokens(std::move(text), diagnostics)) {
        result.words.push_back(token.kind == TokenKind::open ? "{" : token.kind == TokenKind::close ? "}" : token.text);
    }
    result.complaints = diagnostics.all().size();
    return result;
}

using Words = std::vector<std::string>;

TEST(Lexer, TreatsABraceAsATokenWithoutBlanks) {
    EXPECT_EQ(lexed("virtual_server 1.2.3.4 80{weight 3}").words,
              (Words{"virtual_server", "1.2.3.4", "80", "{", "weight", "3", "}"}));
}

TEST(Lexer, SeparatesByEveryKindOfBlank) { EXPECT_EQ(lexed(" a\tb\f c\v\rd ").words, (Words{"a", "b", "c", "d"})); }

TEST(Lexer, KeepsAQuotedWordWhole) {
    EXPECT_EQ(lexed(R"(a "b {c} # !" "" 'd')").words, (Words{"a", "b {c} # !", "", "'d'"}));
    EXPECT_EQ(lexed(R"(a b"c d"e)").words, (Words{"a", "b", "c d", "e"}));
}

TEST(Lexer, HasNoEscapesInsideQuotes) { EXPECT_EQ(lexed(R"(a "b\" c)").words, (Words{"a", "b\\", "c"})); }

TEST(Lexer, WarnsOfAnOpenQuoteAndTakesTheRest) {
    const Result result = lexed(R"(a "b c)");
    EXPECT_EQ(result.words, (Words{"a", "b c"}));
    EXPECT_EQ(result.complaints, 1u);
}

TEST(Lexer, ReadsCommandsLikeAShell) {
    EXPECT_EQ(lexed(R"(notify_up '/bin/x {y}' "a b" c\ d e'f g'h)").words,
              (Words{"notify_up", "/bin/x {y}", "a b", "c d", "ef gh"}));
    EXPECT_EQ(lexed(R"(notify_up a\tb \x41\101\cA \q)").words, (Words{"notify_up", "a\tb", "AA\x01", "q"}));
}

TEST(Lexer, ReadsACommandOnlyUpToTheBlocksEnd) {
    EXPECT_EQ(lexed(R"({notify_up 'a'} b 'c d')").words, (Words{"{", "notify_up", "a", "}", "b", "'c", "d'"}));
}

TEST(Lexer, LeavesAnUnknownReferenceInsideItsWord) {
    EXPECT_EQ(lexed("virtual_server ${VIP:-1.2.3.4} 80 {").words, (Words{"virtual_server", "${VIP:-1.2.3.4}", "80", "{"}));
    EXPECT_EQ(lexed("a ${b c} {").words, (Words{"a", "$", "{", "b", "c", "}", "{"}));
}

TEST(Lexer, KnowsThePlaceOfEveryToken) {
    Diagnostics diagnostics;
    const auto all = tokens("  ab \"c d\"{", diagnostics);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].place, (Place{.file = 0, .line = 1, .column = 3, .width = 2}));
    EXPECT_EQ(all[1].place, (Place{.file = 0, .line = 1, .column = 6, .width = 5}));
    EXPECT_EQ(all[2].place, (Place{.file = 0, .line = 1, .column = 11, .width = 1}));
}

}  // namespace
}  // namespace lvx::config
