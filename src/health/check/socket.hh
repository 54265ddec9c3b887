// The socket of a check: opened as the configuration says (source, interface, mark), connected without blocking, waited
// for through the worker's epoll.  What our own machine refuses is a local error, not the server's fault.
#pragma once

#include <cstddef>
#include <expected>

#include "base/fd.hh"
#include "health/check/probe.hh"

namespace lvx::health {

template <class T>
using Got = std::expected<T, Outcome>;

enum class Transport : std::uint8_t { stream, datagram, echo };  // echo: ICMP

// Registered with the worker's epoll, edge-triggered; connect() is under way or, for datagrams, done.
// Of a check through a virtual service: in the door's namespace, and the data plane knows the connection.
[[nodiscard]] Got<Fd> open_socket(Probe& probe, Transport transport);

// Waits until the connection stands; on the probe's kept socket where there is one that fits.
[[nodiscard]] Task<Got<Fd>> connected_socket(Probe& probe);

// Ends the connection by a reset and keeps the socket for the probe's next check.
void disconnect_and_keep(Probe& probe, Fd socket);

[[nodiscard]] std::string too_late(const Probe& probe, const char* what);  // "no answer within 5 s"
[[nodiscard]] Outcome refused_by(int code);                                // of connect, send or receive

}  // namespace lvx::health
