// The locks that keep a second daemon away.  flock belongs to an open file, so that one process can contend with itself.
#include "daemon/files.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/test_folder.hh"

namespace lvx::daemon {
namespace {

using testing::HasSubstr;

class Files : public testing::Test {
 protected:
    const TestFolder own_;
    const std::string folder_ = own_.path();
};

TEST_F(Files, TheFolderOfASocketIsMadeOnce) {
    const std::string path = folder_ + "/a/b/api.sock";
    EXPECT_TRUE(make_folder_of(path));
    EXPECT_TRUE(make_folder_of(path));
    EXPECT_TRUE(std::filesystem::is_directory(folder_ + "/a/b"));
}

TEST_F(Files, AFolderWhereAFileIsIsRefused) {
    std::ofstream(folder_ + "/a") << "x";
    const auto refused = make_folder_of(folder_ + "/a/api.sock");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().doing, "cannot make the folder " + folder_ + "/a");
}

TEST_F(Files, ASecondDaemonIsToldThePidOfTheFirst) {
    const auto first = lock_instance(folder_ + "/lock");
    ASSERT_TRUE(first);
    const auto second = lock_instance(folder_ + "/lock");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EBUSY);
    EXPECT_EQ(second.error().doing, fmt::format("another lvxd of this instance runs (pid {})", ::getpid()));
    EXPECT_THAT(second.error().hint, HasSubstr("--instance NAME"));
}

TEST_F(Files, ALockEndsWithItsOwnerAndItsFileMayStay) {
    { const auto first = lock_instance(folder_ + "/lock"); ASSERT_TRUE(first); }
    EXPECT_TRUE(lock_instance(folder_ + "/lock"));
}

TEST_F(Files, ALockFileThatIsALinkIsRefused) {
    std::filesystem::create_symlink(folder_ + "/target", folder_ + "/lock");
    EXPECT_FALSE(lock_instance(folder_ + "/lock"));
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/target"));
}

TEST_F(Files, TablesHaveOneDaemonTooAndMayNotExistYet) {
    const auto none = lock_folder(folder_ + "/none");
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->valid());
    const auto first = lock_folder(folder_);
    ASSERT_TRUE(first);
    const auto second = lock_folder(folder_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EBUSY);
    EXPECT_EQ(second.error().doing, "another lvxd uses the tables in " + folder_);
}

}  // namespace
}  // namespace lvx::daemon
