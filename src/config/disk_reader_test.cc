#include "config/disk_reader.hh"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/test_folder.hh"

namespace lvx::config {
namespace {

class DiskReader : public testing::Test {
 protected:
    DiskReader() {
        for (const char* name : {"b.conf", "a.conf", "c.txt", "run.conf"}) std::ofstream(folder_ / name) << name << "\n";
        std::filesystem::permissions(folder_ / "run.conf", std::filesystem::perms::owner_all);
        std::filesystem::create_directory(folder_ / "d.conf");
    }

    TestFolder made_;
    std::filesystem::path folder_ = made_.path();
    Reader reader_ = disk_reader();
};

TEST_F(DiskReader, ReadsAWholeFile) { EXPECT_EQ(*reader_.read((folder_ / "a.conf").string()), "a.conf\n"); }

TEST_F(DiskReader, SaysWhyAFileCannotBeRead) {
    const auto none = reader_.read((folder_ / "none").string());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ENOENT);
    EXPECT_EQ(reader_.read(folder_.string()).error().code, EISDIR);
}

TEST_F(DiskReader, FindsPlainFilesInOrderAndNeitherFoldersNorPrograms) {
    const auto names = reader_.match((folder_ / "*.conf").string());
    EXPECT_EQ(names, (std::vector<std::string>{(folder_ / "a.conf").string(), (folder_ / "b.conf").string()}));
    EXPECT_TRUE(reader_.match((folder_ / "none*").string()).empty());
    EXPECT_EQ(reader_.match((folder_ / "c.txt").string()).size(), 1u);
}

}  // namespace
}  // namespace lvx::config
