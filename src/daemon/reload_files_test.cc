#include "daemon/reload_files.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/live_director_fixture.hh"

namespace lvx::daemon {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class ReloadFilesTest : public LiveDirectorTest {
 protected:
    ReloadFilesTest() { fs::create_directory(folder_); }
    ~ReloadFilesTest() override { fs::remove_all(folder_); }
    void write(const std::string& text) const { std::ofstream(path_) << text; }

    const std::string folder_ = "reload_files_test." + std::to_string(::getpid()), path_ = folder_ + "/file";
};

TEST_F(ReloadFilesTest, TheFileIsThereAndEmptyOnlyWhileFilesAreRead) {
    write("x");
    text_ = "global_defs { reload_file " + path_ + " }\n" + text_;
    std::uintmax_t size = 1;
    Readers watching = readers();
    watching.file = [&](std::uint64_t) {
        std::error_code missing;
        size = fs::file_size(path_, missing);
        return load(text_);
    };
    auto beginning = begin(store_, "lvx.conf", readers(), wall_);
    ASSERT_TRUE(beginning);
    LiveDirector director({.dataplane = plane_, .log = log_, .world = world_, .store = store_, .readers = watching, .solicit = [](auto) {},
                           .now = [this] { return now_; }, .wall = [this] { return wall_; }, .emit = [](const model::Event&) {},
                           .site_changed = [](const model::Site&) {}, .changed = [] {}, .stop = [](api::StopKind) {}},
                          {.version = "1", .kernel = "6.1", .instance = "main", .file = "lvx.conf", .pid = 1}, {}, std::move(*beginning));
    ASSERT_TRUE(director.start());
    EXPECT_TRUE(fs::exists(path_));
    EXPECT_TRUE(director.reload().applied);
    EXPECT_EQ(size, 0u);
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(ReloadFilesTest, AFileThatCannotBeMadeIsARefusal) {
    const auto refused = ReloadFile::make(folder_ + "/none/file");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ENOENT);
}

TEST_F(ReloadFilesTest, ATimeInTheFileIsLookedAtOnceASecondAndTheFileGoes) {
    model::Globals globals;
    globals.reload_time_file = path_;
    ReloadTimeFile file(log_);
    file.configure(globals);
    const auto start = now_;
    const model::WallTime noon = std::chrono::sys_days(std::chrono::days(20000)) + 12h;
    EXPECT_FALSE(file.due(start, noon));
    write("12:00:05Z\n");
    EXPECT_FALSE(file.due(start + 500ms, noon + 6s)) << "not looked at";
    EXPECT_FALSE(file.due(start + 1s, noon + 1s));
    EXPECT_FALSE(file.due(start + 2s, noon + 4s));
    EXPECT_TRUE(file.due(start + 3s, noon + 5s));
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_FALSE(file.due(start + 4s, noon + 6s));
}

TEST_F(ReloadFilesTest, WithoutTheKeywordNoFileIsLookedAt) {
    write("12:00:05Z\n");
    ReloadTimeFile file(log_);
    file.configure({});
    EXPECT_FALSE(file.due(now_, wall_));
    EXPECT_TRUE(fs::exists(path_));
}

}  // namespace
}  // namespace lvx::daemon
