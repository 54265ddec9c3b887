#include "dataplane/pins.hh"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace lvx::dataplane {
namespace {

namespace fs = std::filesystem;

constexpr auto usual_mount = "/sys/fs/bpf";

bool is_bpffs(const fs::path& path) {
    struct statfs status = {};
    return statfs(path.c_str(), &status) == 0 && static_cast<unsigned long>(status.f_type) == BPF_FS_MAGIC;
}

fs::path nearest_existing(fs::path path) {
    std::error_code error;
    while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
    return path;
}

// Where a bpffs must be mounted so that `directory` is on one.
fs::path mount_point(const fs::path& directory) {
    std::error_code error;
    const bool below = directory.string().starts_with(std::string(usual_mount) + "/");
    if (below && fs::exists(usual_mount, error)) return usual_mount;
    return directory.parent_path();
}

std::string hint_for(int code) {
    if (code == EPERM || code == EACCES) return "run lvxd as root (it needs CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN)";
    if (code == ENODEV) return "the kernel has no bpf file system (CONFIG_BPF_SYSCALL, Linux 4.4)";
    return {};
}

Result<void> make_folders(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (!error) return {};
    return refusal(fmt::format("cannot make folder {}", path.string()), error.value(), hint_for(error.value()));
}

}  // namespace

Result<Pins> Pins::open(const std::string& directory) {
    Pins pins;
    pins.directory_ = fs::path(directory).lexically_normal().string();
    while (pins.directory_.size() > 1 && pins.directory_.ends_with('/')) pins.directory_.pop_back();
    if (!fs::path(directory).is_absolute())
        return refusal(fmt::format("cannot pin below {}", directory), EINVAL, "give an absolute path");
    if (!is_bpffs(nearest_existing(pins.directory_))) {
        const fs::path point = mount_point(pins.directory_);
        TRY(make_folders(point));
        if (mount("lvx", point.c_str(), "bpf", 0, "mode=0700") != 0) {
            const int code = errno;
            return refusal(fmt::format("cannot mount a bpf file system on {}", point.string()), code, hint_for(code));
        }
        pins.mounted_ = point.string();
    }
    TRY(make_folders(pins.directory_));
    return pins;
}

std::string Pins::path(std::string_view name) const { return directory_ + "/" + std::string(name); }

bool Pins::has(std::string_view name) const { return access(path(name).c_str(), F_OK) == 0; }

Result<Fd> Pins::get(std::string_view name) const {
    const int fd = bpf_obj_get(path(name).c_str());
    if (fd < 0) return refusal(fmt::format("cannot open {}", path(name)), -fd, hint_for(-fd));
    return Fd(fd);
}

Result<void> Pins::put(std::string_view name, int fd) const {
    remove(name);
    if (const int error = bpf_obj_pin(fd, path(name).c_str()))
        return refusal(fmt::format("cannot pin {}", path(name)), -error, hint_for(-error));
    return {};
}

void Pins::remove(std::string_view name) const { unlink(path(name).c_str()); }

std::vector<std::string> Pins::names() const {
    std::vector<std::string> result;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory_, error)) result.push_back(entry.path().filename());
    return result;
}

void Pins::remove_all() const {
    remove("map_root");
    for (const std::string& name : names()) remove(name);
    rmdir(directory_.c_str());
    const std::string parent = fs::path(directory_).parent_path();
    if (parent != usual_mount) rmdir(parent.c_str());
    // Another instance's pins would go with the mount.
    std::error_code error;
    if (!mounted_.empty() && fs::is_empty(mounted_, error)) umount2(mounted_.c_str(), MNT_DETACH);
}

}  // namespace lvx::dataplane
