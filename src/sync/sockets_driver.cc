#include "sync/sockets_driver.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/socket_address.hh"

namespace lvx::sync {
namespace {

Result<Fd> make_socket(const Endpoint& endpoint) {
    Fd fd(::socket(endpoint.address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return refusal("cannot make a socket for director_sync", errno);
    return fd;
}

// Every change leaves at once; frames are gathered by us.
void be_prompt(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Result<Fd> listen_tcp(const Endpoint& endpoint) {
    Fd fd = TRY(make_socket(endpoint));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // The address may not be up yet, or be a virtual one.
    ::setsockopt(fd.get(), SOL_IP, IP_FREEBIND, &on, sizeof on);
    const SocketAddress address = socket_address(endpoint);
    if (::bind(fd.get(), address.get(), address.size) != 0 || ::listen(fd.get(), 16) != 0)
        return refusal("cannot listen for directors on " + endpoint.text(), errno);
    return fd;
}

std::optional<Accepted> accept_tcp(int listener) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    Fd fd(::accept4(listener, reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) return std::nullopt;
    be_prompt(fd.get());
    return Accepted{std::move(fd), endpoint_of(storage)};
}

Result<Fd> connect_tcp(const Endpoint& endpoint) {
    Fd fd = TRY(make_socket(endpoint));
    be_prompt(fd.get());
    const SocketAddress address = socket_address(endpoint);
    if (::connect(fd.get(), address.get(), address.size) != 0 && errno != EINPROGRESS)
        return refusal("cannot connect to director " + endpoint.text(), errno);
    return fd;
}

int connect_error(int socket) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

}  // namespace lvx::sync
