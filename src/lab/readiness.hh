// The receiving end of sd_notify(3): a datagram socket on which a service says "READY=1".
#pragma once

#include <string>

#include "base/fd.hh"
#include "base/result.hh"
#include "lab/process.hh"

namespace lvx::lab {

class Readiness {
 public:
    // Replaces what is at `path`.
    static Result<Readiness> listen(const std::string& path);

    // False when `service` ends or `limit` passes before it is ready.
    [[nodiscard]] bool await(Process& service, Milliseconds limit) const;

 private:
    explicit Readiness(Fd socket) : socket_(std::move(socket)) {}
    Fd socket_;
};

}  // namespace lvx::lab
