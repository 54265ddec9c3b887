// Files to lines: comments, conditions, definitions, repetitions, includes.
#include "config/preprocess.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_reader.hh"

namespace lvx::config {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;
using testing::ElementsAre;

struct Result {
    std::vector<std::string> text;
    std::vector<Line> lines;
    std::vector<Code> complaints;
    std::vector<Severity> severities;
};

Result processed_files(Files files) {
    Sources sources;
    Diagnostics diagnostics;
    const Options options{.config_id = "main", .environment = {{"VIP", "192.0.2.1"}}, .random_seed = 1};
    Result result{.text = {}, .lines = preprocess(reader_of(std::move(files)), "main.conf", options, sources, diagnostics),
                  .complaints = {}, .severities = {}};
    for (const Line& line : result.lines) result.text.push_back(line.text);
    for (const Diagnostic& one : diagnostics.all()) {
        result.complaints.push_back(one.code);
        result.severities.push_back(one.severity);
    }
    return result;
}

Result processed(std::string text) { return processed_files({{"main.conf", std::move(text)}}); }

std::vector<std::string> lines(std::string text) { return processed(std::move(text)).text; }

TEST(Preprocess, DropsCommentsOutsideQuotes) {
    EXPECT_THAT(lines("a 1 # b\n! c\nd \"#!\" e ! f\n\n  \n"), ElementsAre("a 1 ", "d \"#!\" e "));
}

TEST(Preprocess, KeepsEscapedCommentLetters) {
    EXPECT_THAT(lines("a \\# b \\! c # d\nx ${_HASH}${_BANG}y\n"), ElementsAre("a # b ! c ", "x #!y"));
}

TEST(Preprocess, TakesCarriageReturnsOff) { EXPECT_THAT(lines("a\r\nb\r\n"), ElementsAre("a", "b")); }

TEST(Preprocess, TakesLinesOfItsOwnId) {
    EXPECT_THAT(lines("@main a\n@other b\n@^main c\n@^other d\n"), ElementsAre(" a", " d"));
}

TEST(Preprocess, LeavesADefinitionOfAnotherIdOutWithAllItsLines) {
    EXPECT_THAT(lines("$X=1\n@other $X=2 \\\n 3\nuse $X\n"), ElementsAre("use 1"));
}

TEST(Preprocess, ReplacesDefinitionsAtUseAndRecursively) {
    EXPECT_THAT(lines("$A=$B x\n$B=1\na $A\n$B=2\na $A\nb ${A}y $Az $A,\n"), ElementsAre("a 1 x", "a 2 x", "b 2 xy $Az $A,"));
}

TEST(Preprocess, LeavesUnknownNamesAsText) { EXPECT_THAT(lines("a $NO ${NO} ${X:-y}\n"), ElementsAre("a $NO ${NO} ${X:-y}")); }

TEST(Preprocess, FindsConditionsInsideDefinitions) { EXPECT_THAT(lines("$W=@main\n$V=@other\n$W a\n$V b\n"), ElementsAre(" a")); }

TEST(Preprocess, UnfoldsDefinitionsOfSeveralLines) {
    EXPECT_THAT(lines("$B= \\\n  x { \\\n  y $N \\\n  }\n$N=7\n$B\n"), ElementsAre("  x { ", "  y 7 ", "  }"));
}

TEST(Preprocess, WarnsOfWordsAfterADefinitionOfSeveralLines) {
    const Result result = processed("$B=x \\\n y\n$B z\n");
    EXPECT_THAT(result.text, ElementsAre("x ", " y"));
    EXPECT_THAT(result.complaints, ElementsAre(Code::bad_definition));
}

TEST(Preprocess, KnowsTheOutsideWorldOnlyAsGiven) {
    EXPECT_THAT(lines("a ${_ENV VIP} ${_ENV NONE}x ${_PWD}y\ninstance lb\nb ${_INSTANCE}\n"),
                ElementsAre("a 192.0.2.1 x y", "instance lb", "b lb"));
    const auto random = lines("${_RANDOM 5 6}\n${_RANDOM 5 6}\n${_RANDOM 3 3}\n");
    EXPECT_THAT(random, ElementsAre(testing::AnyOf("5", "6"), testing::AnyOf("5", "6"), "3"));
}

TEST(Preprocess, CountsUpAndDown) {
    EXPECT_THAT(lines("~SEQ(i,3) a $i\n"), ElementsAre(" a 1", " a 2", " a 3"));
    EXPECT_THAT(lines("~SEQ(i,-2) a $i\n"), ElementsAre(" a -1", " a -2"));
    EXPECT_THAT(lines("~SEQ(i, 10, 8) a ${i}b\n"), ElementsAre(" a 10b", " a 9b", " a 8b"));
    EXPECT_THAT(lines("~SEQ(i,0,5,12) a $i\n"), ElementsAre(" a 0", " a 5", " a 10"));
    EXPECT_THAT(lines("~SEQx(i,9,0xb) a $i\n"), ElementsAre(" a 9", " a a", " a b"));
}

TEST(Preprocess, NestsRepetitionsTheLeftOneOutermost) {
    EXPECT_THAT(lines("~SEQ(i,2) ~SEQ(j,2) $i.$j ${i}${j}\n"), ElementsAre("  $i.1 11", "  $i.2 12", "  $i.1 21", "  $i.2 22"));
}

TEST(Preprocess, RunsThroughLists) {
    EXPECT_THAT(lines("~LST(n,a,b) x $n\n"), ElementsAre(" x a", " x b"));
    EXPECT_THAT(lines("~LST({n,m},{a,1},{b,2}) $n $m\n"), ElementsAre(" a 1", " b 2"));
}

TEST(Preprocess, RepeatsWholeBlocks) {
    EXPECT_THAT(lines("$RS= \\\nreal_server 10.0.0.$I 80 { \\\n}\n$I=x\n~SEQ(N,2,3) $RS\n").size(), 4u);
    EXPECT_THAT(lines("$RS= \\\nrs 10.0.0.${N} 80 { \\\n}\n~SEQ(N,2,3) $RS\n"),
                ElementsAre("rs 10.0.0.2 80 { ", "}", "rs 10.0.0.3 80 { ", "}"));
}

TEST(Preprocess, RefusesRepetitionsItCannotRead) {
    for (const char* bad : {"~SEQ(i,1", "~SEQ(i)", "~SEQ(i,x)", "~SEQ(1,2)", "~SEQ(i,1,0,5)", "~LST(a)", "~LST({a,b},{1})"}) {
        EXPECT_THAT(processed(std::string(bad) + "\n").complaints, ElementsAre(Code::bad_definition)) << bad;
    }
}

TEST(Preprocess, StopsDefinitionsThatRunInACircle) {
    const Result result = processed("$A=$B\n$B=$A\nx $A\ny\n");
    EXPECT_THAT(result.complaints, ElementsAre(Code::expansion_size));
}

TEST(Preprocess, StopsDefinitionsThatFillTheMemory) {
    std::string text = "$A0=xxxxxxxxxxxxxxxx\n";
    for (int i = 1; i < 30; ++i) {
        const std::string use = "${A" + std::to_string(i - 1) + "}";
        text += "$A" + std::to_string(i) + "=" + use + use + "\n";
    }
    EXPECT_THAT(processed(text + "y ${A29}\n").complaints, ElementsAre(Code::expansion_size));
    EXPECT_THAT(processed("~SEQ(i,100000) ~SEQ(j,100000) x\n").complaints, ElementsAre(Code::expansion_size));
}

TEST(Preprocess, PointsAtTheUseOfADefinition) {
    const Result result = processed("$V=192.0.2.1\n  a $V 80 # x\n");
    ASSERT_EQ(result.lines.size(), 1u);
    const Line& line = result.lines[0];
    EXPECT_EQ(line.text, "  a 192.0.2.1 80 ");
    EXPECT_EQ(line.place(2, 1), (Place{.file = 0, .line = 2, .column = 3, .width = 1}));
    EXPECT_EQ(line.place(4, 9), (Place{.file = 0, .line = 2, .column = 5, .width = 2}));
    EXPECT_EQ(line.place(14, 2), (Place{.file = 0, .line = 2, .column = 8, .width = 2}));
}

TEST(Preprocess, IncludesBesideTheIncludingFile) {
    const Result result = processed_files({{"main.conf", "a\ninclude d/x.conf\nz\n"}, {"d/x.conf", "b\ninclude y.conf\n"}, {"d/y.conf", "c\n"}});
    EXPECT_THAT(result.text, ElementsAre("a", "b", "c", "z"));
    EXPECT_TRUE(result.complaints.empty());
}

TEST(Preprocess, IncludesPatternsAndAlternatives) {
    const Files files = {{"main.conf", "include d/*.conf\ninclude {q,p}.conf\n"}, {"d/2.conf", "2\n"}, {"d/1.conf", "1\n"}, {"p.conf", "p\n"}, {"q.conf", "q\n"}};
    EXPECT_THAT(processed_files(files).text, ElementsAre("1", "2", "q", "p"));
}

TEST(Preprocess, JudgesMissingFilesByTheFormOfInclude) {
    const auto severities = [](std::string text) { return processed(std::move(text)).severities; };
    EXPECT_THAT(severities("include no.conf\n"), ElementsAre(Severity::warning));
    EXPECT_THAT(severities("include no/*.conf\n"), ElementsAre());
    EXPECT_THAT(severities("includer no.conf\n"), ElementsAre(Severity::warning));
    EXPECT_THAT(severities("includem no.conf\n"), ElementsAre(Severity::error));
    EXPECT_THAT(severities("includem no/*.conf\n"), ElementsAre());
    EXPECT_THAT(severities("includew no/*.conf\n"), ElementsAre(Severity::error));
    EXPECT_THAT(severities("includeb {no,none}.conf\n"), ElementsAre(Severity::error, Severity::error));
    EXPECT_THAT(severities("includea no/*.conf\n"), ElementsAre(Severity::error));
}

TEST(Preprocess, ChangesWhatAPlainIncludeChecks) {
    const auto severities = [](std::string text) { return processed(std::move(text)).severities; };
    EXPECT_THAT(severities("include_check\ninclude no.conf\n"), ElementsAre(Severity::error));
    EXPECT_THAT(severities("include_check match\ninclude no.conf\ninclude_check -match\ninclude no.conf\n"),
                ElementsAre(Severity::error, Severity::warning));
    EXPECT_THAT(processed_files({{"main.conf", "include x.conf\ninclude no.conf\n"}, {"x.conf", "include_check\n"}}).severities,
                ElementsAre(Severity::warning));
}

TEST(Preprocess, StopsFilesThatIncludeThemselves) {
    const Result result = processed_files({{"main.conf", "a\ninclude x.conf\nb\n"}, {"x.conf", "c\ninclude main.conf\nd\n"}});
    EXPECT_THAT(result.text, ElementsAre("a", "c", "d", "b"));
    EXPECT_THAT(result.complaints, ElementsAre(Code::include_depth));
}

TEST(Preprocess, BoundsTheDepthOfIncludes) {
    const auto chain = [](std::size_t length) {
        Files files = {{"main.conf", "include 2.conf\n"}};
        for (std::size_t i = 2; i < length; ++i) files[std::to_string(i) + ".conf"] = "include " + std::to_string(i + 1) + ".conf\n";
        files[std::to_string(length) + ".conf"] = "end\n";
        return processed_files(std::move(files));
    };
    EXPECT_THAT(chain(deepest_include).text, ElementsAre("end"));
    EXPECT_THAT(chain(deepest_include + 1).complaints, ElementsAre(Code::include_depth));
}

TEST(Preprocess, BoundsTheNumberOfFiles) {
    std::string text = "include x.conf\n";
    std::string many;
    for (std::size_t i = 0; i < most_files; ++i) many += text;
    const Result result = processed_files({{"main.conf", many}, {"x.conf", "a\n"}});
    EXPECT_EQ(result.text.size(), most_files - 1);
    EXPECT_THAT(result.complaints, ElementsAre(Code::include_depth));
}

TEST(Preprocess, LeavesALineWithANulOut) {
    const Result result = processed(std::string("a\nb\0c\nd\n", 8));
    EXPECT_THAT(result.text, ElementsAre("a", "d"));
    EXPECT_THAT(result.complaints, ElementsAre(Code::line_has_nul));
}

}  // namespace
}  // namespace lvx::config
