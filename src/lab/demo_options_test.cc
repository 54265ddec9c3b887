#include "lab/demo_options.hh"

#include <gtest/gtest.h>

#include <vector>

namespace lvx::lab::demo {
namespace {

std::expected<Options, std::string> parsed(const std::vector<std::string_view>& words) { return parse(words); }

TEST(DemoOptions, ShowTheLaboratoryWhenNothingIsSaid) {
    EXPECT_EQ(parsed({}), Options{});
    EXPECT_EQ(parsed({"up"}), Options{});
}

TEST(DemoOptions, TakeACommandAndTheNodeItRunsIn) {
    const auto options = parsed({"--in", "server2", "--exec", "ip a"});
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->task, Task::execute);
    EXPECT_EQ(options->node, "server2");
    EXPECT_EQ(options->command, "ip a");
}

TEST(DemoOptions, TakeAValueAfterAnEqualsSign) {
    EXPECT_EQ(parsed({"--hook=xdp"})->hook, "xdp");
    EXPECT_EQ(parsed({"--exec=a=b"})->command, "a=b");
}

TEST(DemoOptions, TakeTheArgumentsOfVerbs) {
    EXPECT_EQ(parsed({"load"})->requests, 1000u);
    EXPECT_EQ(parsed({"load", "7"})->requests, 7u);
    EXPECT_EQ(parsed({"shell"})->node, "client");
    EXPECT_EQ(parsed({"shell", "director", "--name", "x"})->node, "director");
    EXPECT_EQ(parsed({"down", "--name", "x"})->name, "x");
    EXPECT_EQ(parsed({"break", "server2"})->task, Task::break_server);
    EXPECT_EQ(parsed({"mend", "server2"})->node, "server2");
    EXPECT_EQ(parsed({"failover"})->fault, "");
    EXPECT_EQ(parsed({"failover", "kill"})->fault, "kill");
}

TEST(DemoOptions, RefuseWhatCannotBe) {
    EXPECT_EQ(parsed({"--in"}).error(), "--in needs NODE");
    EXPECT_EQ(parsed({"--in", "moon", "--exec", "x"}).error(),
              "there is no node \"moon\": client, director, director1, director2, server1, server2, server3");
    EXPECT_EQ(parsed({"--in", "client"}).error(), "--in needs --exec 'COMMAND'");
    EXPECT_EQ(parsed({"--hook", "netfilter"}).error(), "\"netfilter\" is no hook: auto, xdp, xdp-generic or tc");
    EXPECT_EQ(parsed({"load", "0"}).error(), "\"0\" is not a number of requests from 1 to 10000000");
    EXPECT_EQ(parsed({"load", "1x"}).error(), "\"1x\" is not a number of requests from 1 to 10000000");
    EXPECT_EQ(parsed({"break"}).error(), "break and mend take a server or a director");
    EXPECT_EQ(parsed({"mend", "client"}).error(), "break and mend take a server or a director");
    EXPECT_EQ(parsed({"failover", "burn"}).error(), "\"burn\" is nothing that can happen: freeze, kill, unplug, handover");
    EXPECT_EQ(parsed({"down", "down"}).error(), "what is \"down\"?");
    EXPECT_EQ(parsed({"sideways"}).error(), "what is \"sideways\"?");
    EXPECT_EQ(parsed({"load", "--exec", "x"}).error(), "either load or --exec");
    EXPECT_EQ(parsed({"--exec", "x", "load"}).error(), "either load or --exec");
    EXPECT_FALSE(parsed({"down", "--conf", "x"}));
    EXPECT_FALSE(parsed({"--name", "../x"}));
}

TEST(DemoOptions, TellEveryOptionAndVerbInTheHelp) {
    EXPECT_EQ(parsed({"load", "--help"})->task, Task::help);
    for (const char* word : {"--in", "--exec", "--conf", "--hook", "--name", "load", "shell", "failover", "break", "mend", "down"}) {
        EXPECT_NE(help_text().find(word), std::string::npos) << word;
    }
}

}  // namespace
}  // namespace lvx::lab::demo
