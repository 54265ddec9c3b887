#include "daemon/files.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>

namespace lvx::daemon {

namespace {

// 0 when the file holds no number yet.
long pid_in(const Fd& file) {
    std::array<char, 24> text{};
    const ssize_t length = ::pread(file.get(), text.data(), text.size(), 0);
    long pid = 0;
    if (length > 0) std::from_chars(text.data(), text.data() + length, pid);
    return pid;
}

Result<void> write_pid(const Fd& file, const std::string& path) {
    const std::string text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), text.data(), text.size(), 0) < 0)
        return refusal("cannot write " + path, errno, errno == ENOSPC ? "the disk is full: make room and start again" : "");
    return {};
}

std::string by_whom(long pid) { return pid == 0 ? "" : fmt::format(" (pid {})", pid); }

bool take_lock(const Fd& file) { return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0; }

std::string hint_for(int code) {
    if (code == EACCES || code == EPERM) return "run lvxd as root, or under its systemd unit";
    if (code == ENOSPC) return "the disk is full: make room and start again";
    if (code == EROFS) return "choose a place that can be written with --socket PATH";
    return {};
}

}  // namespace

Result<void> make_folder_of(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) return refusal("cannot make the folder " + folder.string(), error.value(), hint_for(error.value()));
    return {};
}

Result<Fd> lock_instance(const std::string& path) {
    Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file.valid()) return refusal("cannot open " + path, errno, hint_for(errno));
    if (!take_lock(file))
        return refusal(fmt::format("another lvxd of this instance runs{}", by_whom(pid_in(file))), EBUSY,
                       "end it, or give this one a name of its own with --instance NAME");
    if (auto written = write_pid(file, path); !written) return std::unexpected(written.error());
    return file;
}

Result<Fd> lock_folder(const std::string& path) {
    Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid() && errno == ENOENT) return folder;
    if (!folder.valid()) return refusal("cannot open the folder " + path, errno, hint_for(errno));
    if (!take_lock(folder))
        return refusal("another lvxd uses the tables in " + path, EBUSY,
                       "end it, or give this one tables of its own with --instance NAME or --bpffs DIR");
    return folder;
}

}  // namespace lvx::daemon
