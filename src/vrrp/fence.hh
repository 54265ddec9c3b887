// The seam to the data plane: until when it may answer for virtual addresses.  A one-level seam: the daemon writes the map,
// tests and the simulator write a variable.  All members are called from the VRRP thread and return at once.
#pragma once

#include <vector>

#include "base/address.hh"
#include "vrrp/timers.hh"

namespace lvx::vrrp {

class Fence {
 public:
    virtual ~Fence() = default;

    // The addresses the fence stands around.  None: there is no fence.
    virtual void guard(const std::vector<Address>& addresses) = 0;
    // They may be answered for until then, unless this is called again.
    virtual void answer_until(Instant end) = 0;
    // They may not be answered for from now on.
    virtual void close() = 0;
    // Whether a lease that a daemon before this one took has not run out.
    [[nodiscard]] virtual bool is_open() const = 0;
};

// Where there is no data plane.
class NoFence final : public Fence {
 public:
    void guard(const std::vector<Address>&) override {}
    void answer_until(Instant) override {}
    void close() override {}
    [[nodiscard]] bool is_open() const override { return false; }
};

}  // namespace lvx::vrrp
