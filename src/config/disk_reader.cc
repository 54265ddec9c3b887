#include "config/disk_reader.hh"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/fd.hh"

namespace lvx::config {
namespace {

Result<std::string> read_file(std::string_view path) {
    const std::string name(path);
    const Fd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return refusal("cannot open " + name, errno);
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return refusal("cannot read " + name, errno);
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

bool plain_file(const char* path) {
    constexpr mode_t executable = S_IXUSR | S_IXGRP | S_IXOTH;
    struct stat status{};
    return ::stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & executable) == 0;
}

std::vector<std::string> match_files(std::string_view pattern) {
    std::vector<std::string> names;
    glob_t found{};
    if (::glob(std::string(pattern).c_str(), 0, nullptr, &found) == 0) {
        for (std::size_t i = 0; i < found.gl_pathc; ++i) {
            if (plain_file(found.gl_pathv[i])) names.emplace_back(found.gl_pathv[i]);
        }
    }
    ::globfree(&found);
    return names;
}

}  // namespace

Reader disk_reader() { return {.read = read_file, .match = match_files}; }

}  // namespace lvx::config
