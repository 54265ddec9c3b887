// For tests: a folder of one's own under the machine's folder for temporary files, gone with the object.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/ensure.hh"

namespace lvx {

class TestFolder {
 public:
    TestFolder() : path_((std::filesystem::temp_directory_path() / "lvx-test-XXXXXX").string()) { ensure(::mkdtemp(path_.data()) != nullptr); }
    ~TestFolder() { std::filesystem::remove_all(path_); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
    std::string path_;
};

}  // namespace lvx
