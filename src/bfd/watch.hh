// A Driver in a thread of its own, which the rest of the daemon cannot hold up: it runs in real time where the machine
// allows, and only ever tries the lock it shares with those who ask.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bfd/driver.hh"

namespace lvx::bfd {

class Watch {
 public:
    // The functions of `outside` are called from the Watch's thread and from configure() and administer(), with the lock
    // held: they may post somewhere, and nothing else.
    static Result<std::unique_ptr<Watch>> start(Driver::Outside outside);

    virtual ~Watch() = default;

    virtual Result<void> configure(std::span<const model::BfdInstance> sessions) = 0;
    virtual Result<void> administer(std::string_view name, Administration wish) = 0;
    [[nodiscard]] virtual std::vector<SessionView> sessions() const = 0;
    [[nodiscard]] virtual DoorCounters counters() const = 0;
};

}  // namespace lvx::bfd
