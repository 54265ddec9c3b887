#include "cli/usage.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/text.hh"

namespace lvx::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::expected<Invocation, std::string> parsed(std::vector<std::string> words) { return parse(words); }

TEST(Usage, EveryCommandIsFoundByItsNameAndListed) {
    for (const CommandRow& row : commands()) {
        EXPECT_THAT(overview(), HasSubstr("\n  " + std::string(row.name) + " ")) << row.name;
        EXPECT_TRUE(help_of(row.name)) << row.name;
        std::vector<std::string> words;
        for (const std::string_view word : split_words(row.name)) words.emplace_back(word);
        words.emplace_back("--help");
        const auto invocation = parsed(words);
        ASSERT_TRUE(invocation) << row.name;
        EXPECT_EQ(invocation->command, row.takes_all ? row.id : CommandId::help) << row.name;
    }
}

TEST(Usage, ACommandMayBeShortenedWhileItIsUnambiguous) {
    EXPECT_EQ(parsed({"conn"})->command, CommandId::connections);
    EXPECT_EQ(parsed({"ipvsadm"})->command, CommandId::ipvsadm);
    EXPECT_THAT(parsed({"s"}).error(), HasSubstr("\"s\" may be status, services, "));
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
    EXPECT_EQ(parsed({"--socket", "/a", "ipvsadm", "-Ln"}), (Invocation{.command = CommandId::ipvsadm, .socket = "/a", .operands = {"-Ln"}}));
    EXPECT_FALSE(parsed({"status", "--socket"}));
    EXPECT_FALSE(parsed({"status", "--socket="}));
}

TEST(Usage, WhatStandsBehindIpvsadmAndDemoIsTheirs) {
    EXPECT_EQ(parsed({"ipvsadm", "--help", "--socket", "x"})->operands, (std::vector<std::string>{"--help", "--socket", "x"}));
    EXPECT_EQ(parsed({"demo", "--json"})->operands, (std::vector<std::string>{"--json"}));
}

TEST(Usage, SomeCommandsHaveTwoWords) {
    EXPECT_EQ(parsed({"config", "check", "lvx.conf"})->command, CommandId::config_check);
    EXPECT_EQ(parsed({"conf", "pl", "lvx.conf"})->operands, (std::vector<std::string>{"lvx.conf"}));
    EXPECT_EQ(parsed({"config", "check"}).error(), "usage: lvx config check FILE\n");
    EXPECT_EQ(parsed({"services", "web"}).error(), "lvx services: what is \"web\"?\nusage: lvx services\n");
    EXPECT_THAT(parsed({"config"}).error(), HasSubstr("usage: lvx config rollback [NUMBER]\n"));
    EXPECT_THAT(parsed({"config", "chekc", "x"}).error(), HasSubstr("there is no command \"config chekc\"; did you mean \"check\"?"));
    EXPECT_THAT(*help_of("override"), HasSubstr("lvx override clear [NAME]"));
}

TEST(Usage, OptionsMayHaveValuesAndOperandsMayBeLeftOut) {
    EXPECT_EQ(parsed({"drain", "10.0.0.2", "--timeout", "5m", "--wait"})->values.at("--timeout"), "5m");
    EXPECT_EQ(parsed({"drain", "10.0.0.2", "--timeout=5m"})->values.at("--timeout"), "5m");
    EXPECT_EQ(parsed({"drain", "10.0.0.2", "--timeout"}).error(), "lvx drain: --timeout needs TIME\n");
    EXPECT_EQ(parsed({"drain", "10.0.0.2", "--wait=1"}).error(), "lvx drain: --wait takes no value\n");
    EXPECT_TRUE(parsed({"config", "rollback"}));
    EXPECT_TRUE(parsed({"config", "rollback", "3"}));
    EXPECT_FALSE(parsed({"config", "rollback", "3", "4"}));
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
