#include "lab/namespace.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/ensure.hh"

namespace lvx::lab {
namespace {

constexpr const char* this_threads_namespace = "/proc/thread-self/ns/net";

// A thread of its own leaves the caller's namespace untouched, whatever fails.
int unshare_and_keep(const std::string& path) {
    int code = 0;
    std::thread([&] {
        if (unshare(CLONE_NEWNET) != 0 || mount(this_threads_namespace, path.c_str(), nullptr, MS_BIND, nullptr) != 0) {
            code = errno;
        }
    }).join();
    return code;
}

}  // namespace

Result<Fd> open_namespace(const std::string& path) {
    Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return refusal("cannot open network namespace " + path, errno);
    return fd;
}

Result<Fd> make_namespace(const std::string& path) {
    const Fd file(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.valid()) return refusal("cannot make " + path, errno);
    if (const int code = unshare_and_keep(path); code != 0) {
        unlink(path.c_str());
        return refusal("cannot make a network namespace", code, "run it as root");
    }
    return open_namespace(path);
}

Result<void> inside(int network_namespace, const std::function<Result<void>()>& work) {
    const Fd home(open(this_threads_namespace, O_RDONLY | O_CLOEXEC));
    if (!home.valid()) return refusal("cannot open the own network namespace", errno);
    if (setns(network_namespace, CLONE_NEWNET) != 0) return refusal("cannot enter a network namespace", errno);
    Result<void> result = work();
    // Going on in the wrong namespace would send packets where none may go.
    ensure(setns(home.get(), CLONE_NEWNET) == 0);
    return result;
}

Result<void> set_sysctl(const std::string& name, const std::string& value) {
    const std::string path = "/proc/sys/" + name;
    const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return refusal("cannot open " + path, errno);
    if (write(file.get(), value.data(), value.size()) < 0) return refusal("cannot write " + value + " to " + path, errno);
    return {};
}

}  // namespace lvx::lab
