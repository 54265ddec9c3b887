#include "lab/shelf.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>

#include "lab/process.hh"

namespace lvx::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_limit = 32;
constexpr Milliseconds death_limit{5000};

std::string directory_of(const std::string& name) { return std::string(shelf_directory) + "/" + name; }

// Held while folders are made and stale ones are looked for: one that is half made has no lock of its own yet.
Fd shelf_lock() {
    Fd file(open((std::string(shelf_directory) + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (file.valid()) flock(file.get(), LOCK_EX);
    return file;
}

Fd locked(const std::string& directory, int flags) {
    Fd file(open((directory + "/lock").c_str(), O_RDWR | O_CLOEXEC | flags, 0600));
    if (file.valid() && flock(file.get(), LOCK_EX | LOCK_NB) != 0) file.reset();
    return file;
}

std::optional<ino_t> inode_of(const std::string& path) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    return status.st_ino;
}

std::vector<std::string> entries(const std::string& directory) {
    std::vector<std::string> paths;
    std::error_code code;
    for (fs::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code)) {
        paths.push_back(entry->path());
    }
    return paths;
}

std::set<ino_t> namespaces_of(const std::string& directory) {
    std::set<ino_t> found;
    // A file that is not (or no longer) a mount point has an inode of the file system below, which is no namespace's.
    for (const std::string& path : entries(directory + "/net")) {
        if (const auto inode = inode_of(path)) found.insert(*inode);
    }
    return found;
}

bool clear_of_inhabitants(const std::string& directory) {
    const std::vector<int> pids = inhabitants(directory);
    for (const int pid : pids) kill(pid, SIGKILL);
    return pids.empty();
}

Result<void> unmount_all(const std::string& directory) {
    std::vector<std::string> mounts = entries(directory + "/net");
    mounts.push_back(directory + "/bpf");
    for (const std::string& path : mounts) {
        if (umount2(path.c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT) {
            return refusal("cannot unmount " + path, errno);
        }
    }
    return {};
}

// "/run/lvx/lab/demo" -> "/run/lvx/lab/.demo.PID"; names beginning with "." are no laboratories.
std::string hidden_name(const std::string& directory) {
    const fs::path path(directory);
    return path.parent_path() / ("." + path.filename().string() + "." + std::to_string(getpid()));
}

bool is_hidden(const std::string& directory) { return fs::path(directory).filename().string().starts_with('.'); }

Result<void> remove_directory(const std::string& directory) {
    if (!wait_until(death_limit, [&] { return clear_of_inhabitants(directory); })) {
        return refusal("programs in " + directory + " do not die", EBUSY);
    }
    TRY(unmount_all(directory));
    // Out of the others' sight first: half deleted it would look stale to them.
    const std::string hidden = hidden_name(directory);
    if (rename(directory.c_str(), hidden.c_str()) != 0) {
        if (errno == ENOENT) return {};  // somebody else removed it as well
        return refusal("cannot move " + directory + " away", errno);
    }
    std::error_code code;
    fs::remove_all(hidden, code);
    if (code) return refusal("cannot delete " + hidden, code.value());
    return {};
}

bool is_stale(const std::string& directory) {
    std::error_code code;
    return !is_hidden(directory) && !fs::exists(directory + "/kept", code) && locked(directory, 0).valid();
}

std::vector<int> inhabitants_of_all(const std::set<ino_t>& namespaces) {
    std::vector<int> pids;
    if (namespaces.empty()) return pids;
    for (const std::string& path : entries("/proc")) {
        const std::string_view digits = std::string_view(path).substr(6);
        int pid = 0;
        const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
        if (code != std::errc{} || end != digits.data() + digits.size() || pid == getpid()) continue;
        const auto inode = inode_of(path + "/ns/net");
        if (inode && namespaces.contains(*inode)) pids.push_back(pid);
    }
    return pids;
}

}  // namespace

bool is_laboratory_name(const std::string& name) {
    const auto allowed = [](char letter) {
        const bool alphanumeric = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                                  (letter >= '0' && letter <= '9');
        return alphanumeric || letter == '-' || letter == '_' || letter == '.';
    };
    return !name.empty() && name.size() <= name_limit && name.front() != '.' && std::ranges::all_of(name, allowed);
}

std::vector<int> inhabitants(const std::string& directory) { return inhabitants_of_all(namespaces_of(directory)); }

std::vector<int> inhabitants_of(int network_namespace) {
    const auto inode = inode_of("/proc/self/fd/" + std::to_string(network_namespace));
    return inhabitants_of_all(inode ? std::set<ino_t>{*inode} : std::set<ino_t>{});
}

Result<Place> make_place(const std::string& name) {
    if (!is_laboratory_name(name)) return refusal("\"" + name + "\" is no name for a laboratory", EINVAL);
    std::error_code code;
    fs::create_directories(shelf_directory, code);
    if (code) return refusal(std::string("cannot make ") + shelf_directory, code.value(), "run it as root");
    const Fd shelf = shelf_lock();
    const std::string directory = directory_of(name);
    if (mkdir(directory.c_str(), 0755) != 0) {
        if (errno == EEXIST) return refusal("there is already a laboratory " + name, errno, "use --name for another one");
        return refusal("cannot make " + directory, errno);
    }
    Place place{.directory = directory, .lock = locked(directory, O_CREAT)};
    if (!place.lock.valid()) return refusal("cannot lock " + directory, EBUSY);
    for (const char* part : {"/net", "/bpf"}) {
        if (mkdir((directory + part).c_str(), 0755) != 0) return refusal("cannot make " + directory + part, errno);
    }
    return place;
}

Result<void> mount_bpf(const std::string& directory) {
    const std::string path = directory + "/bpf";
    if (mount("bpf", path.c_str(), "bpf", 0, nullptr) != 0) {
        return refusal("cannot mount a BPF file system on " + path, errno);
    }
    return {};
}

Result<void> mark_kept(const std::string& directory) {
    const Fd file(open((directory + "/kept").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (!file.valid()) return refusal("cannot keep " + directory, errno);
    return {};
}

bool exists(const std::string& name) {
    std::error_code code;
    return is_laboratory_name(name) && fs::exists(directory_of(name), code);
}

bool is_kept(const std::string& name) {
    std::error_code code;
    return is_laboratory_name(name) && fs::exists(directory_of(name) + "/kept", code);
}

Result<void> remove(const std::string& name) {
    if (!exists(name)) return {};
    return remove_directory(directory_of(name));
}

std::vector<std::string> remove_stale() {
    std::vector<std::string> removed;
    const Fd shelf = shelf_lock();
    for (const std::string& directory : entries(shelf_directory)) {
        if (is_stale(directory) && remove_directory(directory)) removed.push_back(directory);
    }
    return removed;
}

}  // namespace lvx::lab
