// Whole configurations (tests/config/*.conf and corpus/*.conf, in the manner of those people have), each with what is to be said about it and the cluster it describes, both
// in one *.expect file beside it.  With LVX_WRITE_EXPECTED=1 in the environment the files are written anew: read the
// difference before you commit it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/disk_reader.hh"
#include "config/keepalived/print.hh"
#include "config/load.hh"
#include "config/test_reader.hh"

namespace lvx::config {
namespace {

const std::string folder = LVX_SOURCE_DIR "/tests/config/";

// The folder is the root of all names, so that expected texts hold no path of a machine.
Reader reader_of_folder() {
    const Reader disk = disk_reader();
    const auto match = [disk](std::string_view pattern) {
        auto names = disk.match(folder + std::string(pattern));
        for (std::string& name : names) name.erase(0, folder.size());
        return names;
    };
    return {.read = [disk](std::string_view path) { return disk.read(folder + std::string(path)); }, .match = match};
}

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> configurations() {
    std::vector<std::string> names;
    for (const std::string part : {"", "corpus/"}) {
        for (const auto& entry : std::filesystem::directory_iterator(folder + part)) {
            if (entry.path().extension() == ".conf") names.push_back(part + entry.path().filename().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

class Configuration : public testing::TestWithParam<std::string> {};

TEST_P(Configuration, SaysWhatIsExpected) {
    const Outcome outcome = load(reader_of_folder(), GetParam(), {.config_id = "main"});
    const std::string found = outcome.report() + "\n" + keepalived::print(outcome.site);
    const std::string expected = folder + GetParam().substr(0, GetParam().rfind('.')) + ".expect";
    if (std::getenv("LVX_WRITE_EXPECTED") != nullptr) std::ofstream(expected) << found;
    EXPECT_EQ(found, text_of(expected));
}

TEST_P(Configuration, ReadsBackFromItsOwnPrint) {
    const Outcome outcome = load(reader_of_folder(), GetParam(), {.config_id = "main"});
    if (!outcome.usable()) return;
    Outcome again = load(reader_of({{"print.conf", keepalived::print(outcome.site)}}), "print.conf", {});
    EXPECT_TRUE(again.usable()) << again.report();
    ASSERT_EQ(again.site.cluster.marks.size(), outcome.site.cluster.marks.size());
    for (std::size_t at = 0; at < outcome.site.cluster.marks.size(); ++at) again.site.cluster.marks[at].source = outcome.site.cluster.marks[at].source;
    EXPECT_EQ(keepalived::print(again.site), keepalived::print(outcome.site));
    EXPECT_TRUE(again.site == outcome.site) << keepalived::print(outcome.site);
}

INSTANTIATE_TEST_SUITE_P(Files, Configuration, testing::ValuesIn(configurations()), [](const auto& info) {
    std::string name = info.param.substr(0, info.param.rfind('.'));
    std::ranges::replace_if(name, [](char c) { return c == '-' || c == '/'; }, '_');
    return name;
});

TEST(Configurations, HaveNineMistakesNamedOnceEachInSourceOrder) {
    using enum Code;
    const std::vector<Code> planted = {out_of_range, unknown_keyword, unknown_scheduler, bad_mask,     missing_argument,
                                       bad_port,     duplicate_server, unclosed_brace,   unknown_name};
    const Outcome outcome = load(reader_of_folder(), "nine.conf", {});
    std::vector<Code> found;
    for (const Diagnostic& one : outcome.diagnostics.all()) {
        found.push_back(one.code);
        EXPECT_FALSE(one.caret.empty() && one.note.empty() && one.help.empty()) << one.message;
    }
    EXPECT_EQ(found, planted);
}

TEST(Configurations, AreThere) { EXPECT_GE(configurations().size(), 48u); }

}  // namespace
}  // namespace lvx::config
