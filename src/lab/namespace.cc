#include "lab/namespace.hh"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

namespace lvx::lab {

Result<Fd> open_namespace(const std::string& path) {
    Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return refusal("cannot open network namespace " + path, errno);
    return fd;
}

Result<Fd> make_namespace(const std::string& path) {
    const Fd file(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.valid()) return refusal("cannot make " + path, errno);
    auto made = net::new_namespace();
    const std::string descriptor = made ? "/proc/self/fd/" + std::to_string(made->get()) : "";
    if (made && mount(descriptor.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) made = refusal("cannot keep a network namespace", errno);
    if (!made) unlink(path.c_str());
    return made;
}

Result<void> set_sysctl(const std::string& name, const std::string& value) {
    const std::string path = "/proc/sys/" + name;
    const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return refusal("cannot open " + path, errno);
    if (write(file.get(), value.data(), value.size()) < 0) return refusal("cannot write " + value + " to " + path, errno);
    return {};
}

}  // namespace lvx::lab
