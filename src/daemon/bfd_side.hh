// The daemon's end of the BFD sessions: hands them the configuration, and what they find to virtual routers and checks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/events.hh"
#include "bfd/watch.hh"
#include "model/event.hh"
#include "model/vrrp.hh"

namespace lvx::daemon {

class BfdSide {
 public:
    // All are called from more than one thread and only post.
    struct Surroundings {
        std::function<void(const std::string& session, bool up)> to_routers, to_checks;
        std::function<void(const std::string& session)> peer_dead;  // it was up, and its neighbour fell silent or said down
        model::EmitEvent emit;
    };

    explicit BfdSide(Surroundings surroundings) : outside_(std::move(surroundings)) {}

    // Starts the thread with the first session, stops it with the last.
    [[nodiscard]] Result<void> configure(const model::Vrrp& configuration);
    // Every session's state, to routers and checks that may have been started since.
    void tell_again() const;
    [[nodiscard]] api::BfdSessions sessions() const;
    [[nodiscard]] bfd::DoorCounters refused() const { return watch_ ? watch_->counters() : bfd::DoorCounters{}; }

 private:
    void tell(const model::BfdInstance& session, bool up) const;

    Surroundings outside_;
    std::vector<model::BfdInstance> configured_;
    std::unique_ptr<bfd::Watch> watch_;  // uses outside_
};

}  // namespace lvx::daemon
