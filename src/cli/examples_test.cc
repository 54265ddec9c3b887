// The examples of the manual pages are commands that this tool takes.
#include <gtest/gtest.h>

#include "cli/topic.hh"
#include "cli/usage.hh"
#include "config/ipvsadm/command.hh"
#include "config/test_manual.hh"

namespace lvx::cli {
namespace {

const std::string folder = std::string(LVX_SOURCE_DIR) + "/docs/man/";

TEST(Examples, OfLvxAreTaken) {
    const auto lines = config::manual_commands(folder + "lvx.8", "lvx");
    EXPECT_GE(lines.size(), 5u);
    for (const auto& words : lines) {
        const auto invocation = parse(std::span(words).subspan(1));
        ASSERT_TRUE(invocation) << invocation.error();
        const bool help = words.at(1) == "help";
        EXPECT_EQ(invocation->command == CommandId::help, help) << words.at(1);
        if (help) EXPECT_TRUE(help_about(words.at(2))) << words.at(2);
    }
}

TEST(Examples, OfIpvsadmAreTaken) {
    const auto lines = config::manual_commands(folder + "lvx.8", "ipvsadm");
    EXPECT_GE(lines.size(), 3u);
    for (const auto& words : lines) EXPECT_TRUE(config::ipvsadm::parse(words, config::ipvsadm::no_names())) << words.back();
}

TEST(Topics, AreCommandsKeywordsOrBoth) {
    EXPECT_NE(help_about("weight")->find("Also a keyword"), std::string::npos);
    EXPECT_NE(help_about("virtual_server")->find("keywords in virtual_server:"), std::string::npos);
    EXPECT_EQ(help_about("reload")->find("Also a keyword"), std::string::npos);
    EXPECT_NE(help_about("virtual_sever").error().find("did you mean \"virtual_server\"?"), std::string::npos);
}

}  // namespace
}  // namespace lvx::cli
