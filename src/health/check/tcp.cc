// TCP_CHECK: connect() completes.  The connection is closed in order, as keepalived does, so that no server logs a reset.
#include "health/check/socket.hh"

namespace lvx::health {

Task<Outcome> check_tcp(Probe& probe) {
    auto socket = co_await connected_socket(probe);
    if (!socket) co_return std::move(socket.error());
    co_return passed("connected");
}

}  // namespace lvx::health
