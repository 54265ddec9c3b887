// The TCP sockets of the stream: none of them blocks.
#pragma once

#include <optional>

#include "base/address.hh"
#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::sync {

struct Accepted {
    Fd socket;
    Endpoint from;
};

[[nodiscard]] Result<Fd> listen_tcp(const Endpoint& endpoint);
// Nothing: nobody waits.
[[nodiscard]] std::optional<Accepted> accept_tcp(int listener);
// Begun; it is connected when it can be written.
[[nodiscard]] Result<Fd> connect_tcp(const Endpoint& endpoint);
// errno of a connect() that is through; 0 = connected.
[[nodiscard]] int connect_error(int socket);

}  // namespace lvx::sync
