#include "support/datagram_stream.hh"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "lab/namespace.hh"
#include "base/socket_address.hh"

namespace lvx::cluster {
namespace {

constexpr int lost_after_ms = 2000;

}  // namespace

Result<DatagramStream> DatagramStream::start(int network_namespace, const Endpoint& echo) {
    auto state = std::make_unique<State>();
    TRY(lab::inside(network_namespace, [&]() -> Result<void> {
        state->socket = Fd(socket(echo.address.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const SocketAddress address = socket_address(echo);
        if (connect(state->socket.get(), address.get(), address.size) != 0) return refusal("cannot connect", errno);
        return {};
    }));
    return DatagramStream(std::move(state));
}

DatagramStream::DatagramStream(std::unique_ptr<State> state)
    : state_(std::move(state)), thread_([raw = state_.get()] { run(*raw); }) {}

DatagramStream::~DatagramStream() {
    if (!thread_.joinable()) return;
    state_->stop = true;
    thread_.join();
}

void DatagramStream::run(State& state) {
    std::uint64_t given_up = 0;  // datagrams that no longer count as under way
    while (!state.stop) {
        while (state.sent - state.echoed - given_up < window) {
            const std::uint64_t number = state.sent;
            if (send(state.socket.get(), &number, sizeof number, 0) != sizeof number) break;
            ++state.sent;
        }
        pollfd watched{state.socket.get(), POLLIN, 0};
        if (poll(&watched, 1, lost_after_ms) == 0) given_up = state.sent - state.echoed;
        std::array<char, 64> buffer;
        while (recv(state.socket.get(), buffer.data(), buffer.size(), 0) > 0) ++state.echoed;
    }
}

StreamReport DatagramStream::finish(lab::Milliseconds limit) {
    state_->stop = true;
    thread_.join();
    std::array<char, 64> buffer;
    (void)lab::wait_until(limit, [&] {
        while (recv(state_->socket.get(), buffer.data(), buffer.size(), 0) > 0) ++state_->echoed;
        return state_->echoed >= state_->sent;
    });
    return {.sent = state_->sent, .echoed = state_->echoed};
}

}  // namespace lvx::cluster
