// docs/man/lvx.conf.5 is what the table of keywords says, and its examples work.  With LVX_WRITE_EXPECTED=1 in the
// environment the page is written anew.
#include "config/manual.hh"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "config/keyword.hh"
#include "config/load.hh"
#include "config/test_manual.hh"
#include "config/test_reader.hh"

namespace lvx::config {
namespace {

const std::string page = LVX_SOURCE_DIR "/docs/man/lvx.conf.5";

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Manual, IsWhatTheTableOfKeywordsSays) {
    if (std::getenv("LVX_WRITE_EXPECTED") != nullptr) std::ofstream(page) << manual_page();
    EXPECT_EQ(text_of(page), manual_page()) << "LVX_WRITE_EXPECTED=1 config_test writes it anew";
}

TEST(Manual, HasExamplesThatLoadWithoutAWord) {
    const auto found = manual_examples(page);
    EXPECT_GE(found.size(), 3u);
    for (const std::string& text : found) {
        for (const char* id : {"first", "second"}) {
            const Outcome outcome = load(reader_of({{"lvx.conf", text}}), "lvx.conf", {.config_id = id});
            EXPECT_EQ(outcome.diagnostics.all().size(), 0u) << outcome.report();
        }
    }
}

TEST(Manual, NamesEveryKeyword) {
    const std::string text = manual_page();
    for (const Keyword& keyword : keywords()) {
        if (keyword.status == Status::junk) continue;
        std::string name;
        for (const char c : keyword.name) name += c == '-' ? "\\-" : std::string(1, c);
        EXPECT_NE(text.find(name), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace lvx::config
