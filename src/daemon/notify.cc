#include "daemon/notify.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>

#include "base/fd.hh"

namespace lvx::daemon {

std::string notify_socket() {
    const char* const socket = std::getenv("NOTIFY_SOCKET");
    return socket == nullptr ? "" : socket;
}

void Notifier::ready(std::string_view status) const { send(fmt::format("READY=1\nSTATUS={}", status)); }

void Notifier::reloading(std::uint64_t monotonic_us) const {
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us));
}

void Notifier::stopping() const { send("STOPPING=1"); }

void Notifier::status(std::string_view status) const { send(fmt::format("STATUS={}", status)); }

// The manager may be gone or slow; forwarding does not depend on it, so what cannot be sent is not sent.
void Notifier::send(std::string_view text) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
    socket_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (socket_[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    (void)::sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                   reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace lvx::daemon
