// sd_notify(3) by hand: datagrams to the socket that $NOTIFY_SOCKET names; nothing where there is none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lvx::daemon {

// Value of NOTIFY_SOCKET; "": there is none.
[[nodiscard]] std::string notify_socket();

class Notifier {
 public:
    // `socket`: value of NOTIFY_SOCKET, a path or "@abstract"; "" = silent.
    explicit Notifier(std::string socket) : socket_(std::move(socket)) {}

    void ready(std::string_view status) const;
    // With the monotonic clock, as Type=notify-reload asks.
    void reloading(std::uint64_t monotonic_us) const;
    void stopping() const;
    void status(std::string_view status) const;

 private:
    void send(std::string_view text) const;

    std::string socket_;
};

}  // namespace lvx::daemon
