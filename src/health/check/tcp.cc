// TCP_CHECK: connect() completes.  The connection ends by a reset: nothing stays behind for a minute on either side, which
// ten thousand checks a second would feel (600,000 sockets in TIME_WAIT), and it costs half the packets.
//
// Disconnected (connect() to AF_UNSPEC, which resets), the socket can be connected again, to whomever: the usual check is
// two system calls, instead of five with a socket of its own.  In a crowd of checks (Tools::crowd) the reset is sent instead
// of the handshake's last packet: the server's kernel has answered, its application never hears of it.
#include "health/check/socket.hh"

namespace lvx::health {

Task<Outcome> check_tcp(Probe& probe) {
    auto socket = co_await connected_socket(probe);
    if (!socket) co_return std::move(socket.error());
    disconnect_and_keep(probe, std::move(*socket));
    co_return passed("connected");
}

}  // namespace lvx::health
