// A small server on loopback in a thread of its own, which treats each connection as a test wants it.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <thread>

#include "base/address.hh"
#include "base/ensure.hh"
#include "base/fd.hh"

namespace lvx::health::testing {

inline Endpoint local_endpoint(int socket) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    ensure(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    return {Address::v4(0x7f000001), ntohs(address.sin_port)};
}

inline Fd bound_socket(int type) {
    Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in address = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    ensure(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

class LittleServer {
 public:
    using Treatment = std::function<void(int connection)>;

    explicit LittleServer(Treatment treatment) : listener_(bound_socket(SOCK_STREAM)), treatment_(std::move(treatment)) {
        ensure(::listen(listener_.get(), 16) == 0);
        endpoint_ = local_endpoint(listener_.get());
        thread_ = std::thread([this] { serve(); });
    }
    ~LittleServer() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }
    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
    void serve() {
        while (true) {
            const Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!connection.valid()) return;
            treatment_(connection.get());
        }
    }

    Fd listener_;
    Treatment treatment_;
    Endpoint endpoint_;
    std::thread thread_;
};

inline void say(int connection, std::string_view text) { (void)!::send(connection, text.data(), text.size(), MSG_NOSIGNAL); }

inline void hear(int connection) {
    char buffer[4096];
    (void)!::recv(connection, buffer, sizeof buffer, 0);
}

// Until the other side goes, or `milliseconds` are over; true: it went.
inline bool wait_for_end(int connection, int milliseconds) {
    pollfd wanted = {.fd = connection, .events = POLLRDHUP, .revents = 0};
    return ::poll(&wanted, 1, milliseconds) > 0;
}

inline void hang(int connection) { (void)wait_for_end(connection, 10'000); }

// A byte now and then, for as long as somebody listens, but not for ever.
inline void drip(int connection) {
    constexpr int bytes = 2000;
    for (int i = 0; i < bytes && !wait_for_end(connection, 5); ++i) say(connection, "x");
}

inline void reset(int connection) {
    constexpr linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace lvx::health::testing
