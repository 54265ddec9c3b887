// Where all events of a daemon come together, on its loop: written to the log once, kept in the ring, counted.
#pragma once

#include "base/log.hh"
#include "model/event_ring.hh"

namespace lvx::daemon {

class EventDesk {
 public:
    explicit EventDesk(log::Log& log) : log_(log) {}

    // From the loop only; other threads post to it.
    void tell(const model::Event& event);
    [[nodiscard]] const model::EventRing& ring() const { return ring_; }

 private:
    log::Log& log_;
    model::EventRing ring_{model::EventRing::default_capacity};
};

}  // namespace lvx::daemon
