// The worker in a thread of its own.  The daemon's loop hands over settings and news and never waits for a check; what
// follows from checks comes back through Outside, on the worker's thread.
#pragma once

#include <memory>

#include "health/worker.hh"

namespace lvx::health {

class Thread {
 public:
    // Calls of `outside` happen on the new thread: they should only post.
    static Result<std::unique_ptr<Thread>> start(Outside outside, std::uint64_t seed);
    // Without stop(): everything ends where it is, nobody is told (omega is for an end that is wanted).
    virtual ~Thread() = default;

    virtual void configure(Setting setting) = 0;
    virtual void set_local_addresses(std::set<Address> addresses) = 0;
    virtual void set_door(Door door) = 0;
    virtual void set_bfd(const std::string& session, bool up) = 0;
    virtual void judge_passively(const model::ServiceKey& pool, const Endpoint& server, std::optional<std::string> ejected) = 0;
    // Tells what omega wants told; returns when it is told.
    virtual void stop() = 0;

    // At once: waits at most for the step the worker is in.
    [[nodiscard]] virtual Status status() const = 0;
    [[nodiscard]] virtual WorkerCounters counters() const = 0;
};

}  // namespace lvx::health
