#include "config/keyword_help.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lvx::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(KeywordHelp, SaysBlockArgumentRangeDefaultAndStatus) {
    const std::string text = keyword_help("advert_int").value();
    EXPECT_THAT(text, HasSubstr("advert_int SECONDS\n"));
    EXPECT_THAT(text, HasSubstr("    in        vrrp_instance\n"));
    EXPECT_THAT(text, HasSubstr("    range     above 0, up to 255 seconds\n"));
    EXPECT_THAT(text, HasSubstr("    default   1\n"));
    EXPECT_THAT(text, HasSubstr("    status    works\n"));
}

TEST(KeywordHelp, ListsTheKeywordsOfABlock) {
    const std::string text = keyword_help("virtual_server").value();
    EXPECT_THAT(text, HasSubstr("virtual_server ADDRESS [PORT], fwmark MARK or group NAME { ... }\n"));
    EXPECT_THAT(text, HasSubstr("keywords in virtual_server:\n"));
    EXPECT_THAT(text, HasSubstr("\n  lvs_sched  "));
    EXPECT_THAT(text, Not(HasSubstr("\n  lb_algo  ")));
}

TEST(KeywordHelp, NamesOldSpellingsAndTodaysOne) {
    EXPECT_THAT(keyword_help("lvs_sched").value(), HasSubstr("    also      lb_algo\n"));
    EXPECT_THAT(keyword_help("lb_algo").value(), HasSubstr("    today     lvs_sched\n"));
}

TEST(KeywordHelp, SaysWhyAKeywordHasNoEffect) {
    EXPECT_THAT(keyword_help("enable_traps").value(), HasSubstr("    status    no effect: lvx has no SNMP agent"));
}

TEST(KeywordHelp, TellsBlocksApartWhereAKeywordDiffers) {
    const std::string text = keyword_help("weight").value();
    EXPECT_THAT(text, HasSubstr("    in        virtual_server\n"));
    EXPECT_THAT(text, HasSubstr("    in        vrrp_script\n"));
    EXPECT_THAT(text, HasSubstr("    range     -253 to 253\n"));
}

TEST(KeywordHelp, ASuggestionForANameNobodyKnows) {
    EXPECT_EQ(keyword_help("priorty").error(), "there is no keyword \"priorty\"; did you mean \"priority\"?\n");
    EXPECT_EQ(code_help("E0112"), "E0112: There is no scheduler of this name.\n");
    EXPECT_TRUE(code_help("W0301").value().starts_with("W0301: lvx reads"));
    for (const char* none : {"", "E", "E0112 ", "E112", "E9999", "X0112"}) EXPECT_EQ(code_help(none), std::nullopt) << none;
    EXPECT_EQ(keyword_help("\x1b[2J").error(), "there is no keyword \"?[2J\"\n");
}

TEST(KeywordHelp, EveryKeywordHasSomeAndSyntaxNeverSwallowsTheMeaning) {
    for (const Keyword& keyword : keywords()) {
        EXPECT_TRUE(keyword_help(keyword.name)) << keyword.name;
        EXPECT_FALSE(split_sentence(keyword).meaning.empty()) << keyword.name;
    }
}

}  // namespace
}  // namespace lvx::config
