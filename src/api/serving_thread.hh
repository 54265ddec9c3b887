// The door with a loop and a thread of its own, for tests of clients: the daemon itself has one loop for everything.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/http_server.hh"

namespace lvx::api {

class ServingThread {
 public:
    // `director` is used from the new thread only, until the object is gone.
    static Result<std::unique_ptr<ServingThread>> start(Director& director, const std::string& path, const ServerLimits& limits);

    virtual ~ServingThread() = default;
    // Runs `work` on the loop and returns when it is done.
    virtual void on_loop(const std::function<void()>& work) = 0;
    [[nodiscard]] virtual ServerCounters counters() = 0;
    // There is something to tell to those who wait; call it from on_loop().
    virtual void news() = 0;
    virtual void close() = 0;
};

}  // namespace lvx::api
