#include "cli/usage.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace lvx::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::expected<Invocation, std::string> parsed(std::vector<std::string> words) { return parse(words); }

TEST(Usage, EveryCommandIsFoundByItsNameAndListed) {
    for (const CommandRow& row : commands()) {
        EXPECT_THAT(overview(), HasSubstr("\n  " + std::string(row.name) + " ")) << row.name;
        EXPECT_TRUE(help_of(row.name)) << row.name;
        const auto invocation = parsed({std::string(row.name), "--help"});
        ASSERT_TRUE(invocation) << row.name;
        EXPECT_EQ(invocation->command, row.takes_all ? row.id : CommandId::help) << row.name;
    }
}

TEST(Usage, ACommandMayBeShortenedWhileItIsUnambiguous) {
    EXPECT_EQ(parsed({"conn"})->command, CommandId::connections);
    EXPECT_EQ(parsed({"ipvsadm"})->command, CommandId::ipvsadm);
    EXPECT_EQ(parsed({"s"}).error(), "lvx: \"s\" may be status, services, stop\n");
}

TEST(Usage, ATypingErrorGetsASuggestion) {
    EXPECT_THAT(parsed({"statsu"}).error(), HasSubstr("did you mean \"status\"?"));
    EXPECT_THAT(parsed({"status", "--jsn"}).error(), HasSubstr("did you mean \"--json\"?"));
    EXPECT_THAT(parsed({"xyzzy"}).error(), HasSubstr("there is no command \"xyzzy\"\n"));
    EXPECT_THAT(parsed({""}).error(), HasSubstr("there is no command \"\""));
}

TEST(Usage, OptionsBelongToTheirCommand) {
    EXPECT_EQ(parsed({"drops", "--json", "--all"})->options, (std::set<std::string, std::less<>>{"--json", "--all"}));
    EXPECT_FALSE(parsed({"status", "--all"}));
    EXPECT_FALSE(parsed({"--json", "status"}));
    EXPECT_FALSE(parsed({"status", "extra"}));
}

TEST(Usage, TheSocketMayStandBeforeOrBehindTheCommand) {
    EXPECT_EQ(parsed({"--socket", "/a", "status"})->socket, "/a");
    EXPECT_EQ(parsed({"status", "--socket=/b", "--json"})->socket, "/b");
    EXPECT_EQ(parsed({"--socket", "/a", "ipvsadm", "-Ln"}), (Invocation{CommandId::ipvsadm, "/a", {}, {"-Ln"}}));
    EXPECT_FALSE(parsed({"status", "--socket"}));
    EXPECT_FALSE(parsed({"status", "--socket="}));
}

TEST(Usage, WhatStandsBehindIpvsadmAndDemoIsTheirs) {
    EXPECT_EQ(parsed({"ipvsadm", "--help", "--socket", "x"})->operands, (std::vector<std::string>{"--help", "--socket", "x"}));
    EXPECT_EQ(parsed({"demo", "--json"})->operands, (std::vector<std::string>{"--json"}));
}

TEST(Usage, ConfigNeedsItsTwoWords) {
    EXPECT_EQ(parsed({"config", "check", "lvx.conf"})->operands, (std::vector<std::string>{"check", "lvx.conf"}));
    EXPECT_EQ(parsed({"config", "check"}).error(), "usage: lvx config check FILE\n");
}

// Without the page's quoting of hyphens and its font changes.
std::string manual_page() {
    std::ifstream file(std::string(LVX_SOURCE_DIR) + "/docs/man/lvx.8");
    std::string page{std::istreambuf_iterator<char>(file), {}};
    std::erase(page, '\\');
    return page;
}

TEST(Usage, TheManualPageHasEveryCommandAndOption) {
    const std::string page = manual_page();
    for (const CommandRow& row : commands()) {
        EXPECT_THAT(page, ContainsRegex("\n\\.B[IR]? \"?" + std::string(row.name))) << row.name;
        for (const OptionRow& option : row.options) EXPECT_THAT(page, HasSubstr(option.name)) << row.name;
    }
}

TEST(Usage, WithoutWordsThereIsHelp) { EXPECT_EQ(parsed({})->command, CommandId::help); }

}  // namespace
}  // namespace lvx::cli
