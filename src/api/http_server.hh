// The HTTP door of the daemon: routes.hh served on a Unix socket (mode 0660) by the daemon's own loop, one coroutine
// per connection.  Bounded in every direction (door.hh).  Everything runs on the loop
// given, so the Director is never called from two places at once.
#pragma once

#include <memory>
#include <string>

#include "api/director_view.hh"
#include "api/door.hh"
#include "base/result.hh"

namespace boost::asio {
class io_context;
}

namespace lvx::api {

class HttpServer {
 public:
    // Binds and listens.  A socket file nobody answers on is replaced; EADDRINUSE with a hint when a daemon answers.
    // `loop` and `director` must outlive the server.
    static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& loop, Director& director,
                                                      const std::string& path, const ServerLimits& limits);

    virtual ~HttpServer() = default;
    [[nodiscard]] virtual ServerCounters counters() const = 0;
    // Whoever waits for news is answered.
    virtual void news() = 0;
    // Takes no new connections, removes the socket file; answers under way are finished.
    virtual void close() = 0;
};

}  // namespace lvx::api
