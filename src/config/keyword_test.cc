// The table of keywords is whole and agrees with the code behind it.
#include "config/keyword.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/diagnostic.hh"
#include "config/keepalived/readers.hh"

namespace lvx::config {
namespace {

TEST(Keywords, StandOnceInEachBlock) {
    std::set<std::pair<Block, std::string_view>> seen;
    for (const Keyword& one : keywords()) EXPECT_TRUE(seen.emplace(one.block, one.name).second) << one.name;
}

TEST(Keywords, HaveASentenceAndATopicWhereTheyDoNothing) {
    for (const Keyword& one : keywords()) {
        EXPECT_FALSE(one.sentence.empty()) << one.name;
        EXPECT_EQ(one.topic.empty(), one.status == Status::works) << one.name;
        EXPECT_LE(one.low, one.high) << one.name;
        EXPECT_EQ(one.values.empty(), one.argument != Argument::choice && one.argument != Argument::choices) << one.name;
    }
}

TEST(Keywords, NameTheSpellingOfToday) {
    for (const Keyword& one : keywords()) {
        const bool here = find_keyword(one.block, one.canonical) != nullptr;
        EXPECT_TRUE(here || one.status == Status::junk) << one.name << " -> " << one.canonical;
    }
}

TEST(Keywords, ThatWorkOrWillHaveAReaderAndOnlyThey) {
    for (const Block block : {Block::root, Block::global_defs, Block::virtual_server, Block::real_server}) {
        const auto readers = keepalived::keywords_read(block);
        std::set<std::string_view> working;
        for (const Keyword& one : keywords()) {
            if (one.block == block && (one.status == Status::works || one.status == Status::later)) working.insert(one.canonical);
        }
        EXPECT_EQ(working, std::set<std::string_view>(readers.begin(), readers.end())) << block_name(block);
    }
}

TEST(Keywords, AreFoundByBlock) {
    EXPECT_EQ(find_keyword(Block::virtual_server, "lb_algo")->canonical, "lvs_sched");
    EXPECT_EQ(find_keyword(Block::real_server, "lb_algo"), nullptr);
    EXPECT_TRUE(find_elsewhere("nosuch").empty());
}

TEST(Keywords, TellTheTreeWhereBlocksBelong) {
    EXPECT_TRUE(needs_block("virtual_server"));
    EXPECT_TRUE(only_at_root("virtual_server"));
    EXPECT_TRUE(needs_block("real_server"));
    EXPECT_FALSE(only_at_root("real_server"));
    EXPECT_FALSE(needs_block("track_file"));  // a block at the root, a word in FILE_CHECK
    EXPECT_TRUE(takes_command("notify_up"));
    EXPECT_FALSE(takes_command("weight"));
}

TEST(Codes, HaveAnExplanation) {
    EXPECT_EQ(explanation(Code::unknown_scheduler), "There is no scheduler of this name.");
    EXPECT_EQ(code_text(Severity::error, Code::unknown_scheduler), "E0112");
    EXPECT_EQ(code_text(Severity::warning, Code::later), "W0301");
}

}  // namespace
}  // namespace lvx::config
