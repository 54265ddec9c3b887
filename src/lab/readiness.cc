#include "lab/readiness.hh"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace lvx::lab {

Result<Readiness> Readiness::listen(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.size() >= sizeof address.sun_path) return refusal("cannot listen on " + path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    unlink(path.c_str());
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return refusal("cannot listen on " + path, errno);
    }
    return Readiness(std::move(socket));
}

bool Readiness::await(Process& service, Milliseconds limit) const {
    bool ready = false;
    const auto heard = [&] {
        std::array<char, 4096> buffer;
        for (ssize_t length; (length = recv(socket_.get(), buffer.data(), buffer.size(), 0)) > 0;) {
            const std::string_view text(buffer.data(), static_cast<std::size_t>(length));
            ready = ready || text.contains("READY=1");
        }
        return ready || !service.running();
    };
    return wait_until(limit, heard) && ready;
}

}  // namespace lvx::lab
