// The HTTP door of the daemon: routes.hh served on a Unix socket (mode 0660) by the daemon's own loop, one coroutine
// per connection.  Bounded in every direction; each bound has a name and a counter below.  Everything runs on the loop
// given, so the Director is never called from two places at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "api/director_view.hh"
#include "base/result.hh"

namespace boost::asio {
class io_context;
}

namespace lvx::api {

struct ServerLimits {
    std::size_t connections = 64;
    std::size_t header_bytes = 8 * 1024;
    std::size_t body_bytes = 64 * 1024 * 1024;  // a restore of some 100,000 operations
    std::chrono::milliseconds read_timeout{10'000};
    std::chrono::milliseconds write_timeout{10'000};
    std::chrono::milliseconds idle_timeout{60'000};  // between two requests of one connection
};

// What the door has done since start; one counter for each bound that was reached.
struct ServerCounters {
    std::uint64_t accepted = 0, requests = 0;
    std::uint64_t too_many_connections = 0, header_too_large = 0, body_too_large = 0, bad_request = 0;
    std::uint64_t read_timeout = 0, write_timeout = 0, idle_timeout = 0;
};

class HttpServer {
 public:
    // Binds and listens.  A socket file nobody answers on is replaced; EADDRINUSE with a hint when a daemon answers.
    // `loop` and `director` must outlive the server.
    static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& loop, Director& director,
                                                      const std::string& path, const ServerLimits& limits);

    virtual ~HttpServer() = default;
    [[nodiscard]] virtual ServerCounters counters() const = 0;
    // Takes no new connections, removes the socket file; answers under way are finished.
    virtual void close() = 0;
};

}  // namespace lvx::api
