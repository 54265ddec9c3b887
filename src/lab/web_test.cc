#include "lab/web.hh"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "lab/shelf.hh"

namespace lvx::lab {
namespace {

TEST(GeneratedBytes, AreTheSameHoweverTheyAreCut) {
    std::vector<std::uint8_t> whole(4096), piece(1024);
    generated_bytes(0, whole);
    for (std::size_t offset = 0; offset < whole.size(); offset += piece.size()) {
        generated_bytes(offset, piece);
        EXPECT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<std::ptrdiff_t>(offset)));
    }
}

TEST(GeneratedBytes, RepeatNoBlock) {
    std::set<std::vector<std::uint8_t>> blocks;
    for (std::uint64_t offset = 0; offset < 64 * 1024; offset += 64) {
        std::vector<std::uint8_t> block(64);
        generated_bytes(offset, block);
        EXPECT_TRUE(blocks.insert(block).second);
    }
}

TEST(LaboratoryName, IsShortAndStaysInItsFolder) {
    EXPECT_TRUE(is_laboratory_name("demo"));
    EXPECT_TRUE(is_laboratory_name("a-1_b.c"));
    EXPECT_FALSE(is_laboratory_name(""));
    EXPECT_FALSE(is_laboratory_name(".."));
    EXPECT_FALSE(is_laboratory_name("a/b"));
    EXPECT_FALSE(is_laboratory_name("a b"));
    EXPECT_TRUE(is_laboratory_name(std::string(32, 'a')));
    EXPECT_FALSE(is_laboratory_name(std::string(33, 'a')));
}

}  // namespace
}  // namespace lvx::lab
