// Nothing of keepalived's language is missing: every keyword of tests/config/keepalived-keywords.txt stands in the table,
// in its block, and is answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include <fstream>
#include <map>
#include <string>

#include "base/text.hh"
#include "config/keyword.hh"

namespace lvx::config {
namespace {

std::map<std::string, Block> blocks_by_name() {
    return {
#define BLOCK(name, spelling) {#name, Block::name},
#define KEYWORD(...)
#include "config/keywords.def"
#undef BLOCK
#undef KEYWORD
    };
}

TEST(Completeness, EveryKeywordOfKeepalivedIsInTheTable) {
    std::ifstream file(LVX_SOURCE_DIR "/tests/config/keepalived-keywords.txt");
    const auto blocks = blocks_by_name();
    Block block = Block::none;
    std::size_t count = 0;
    std::string missing;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        if (line.ends_with(':')) {
            const auto found = blocks.find(line.substr(0, line.size() - 1));
            ASSERT_NE(found, blocks.end()) << line;
            block = found->second;
            continue;
        }
        for (const std::string_view name : split_words(line)) {
            ++count;
            if (find_keyword(block, name) == nullptr) missing += " " + std::string(block_name(block)) + "/" + std::string(name);
        }
    }
    EXPECT_EQ(missing, "");
    EXPECT_GT(count, 400u);
}

// A keyword may only be read and do nothing if it stands here, and if it says so to whoever uses it (Status::later).
TEST(Completeness, OnlyTheseAreReadAndDoNothingYet) {
    std::set<std::string_view> later;
    for (const Keyword& one : keywords()) {
        if (one.status == Status::later) later.insert(one.canonical);
    }
    EXPECT_THAT(later, testing::IsEmpty());
}

}  // namespace
}  // namespace lvx::config
