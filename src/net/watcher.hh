// Keeps a World current: reads links, addresses, routes and neighbours of both families once, then follows the
// kernel's notifications.  When the kernel drops some (ENOBUFS), everything is read again and the loss is counted.
// Owns two netlink sockets; the one behind fd() is for the event loop, reads and questions go over the other.
#pragma once

#include <cstdint>
#include <span>

#include "base/fd.hh"
#include "base/result.hh"
#include "net/neighbour_machine.hh"
#include "net/world.hh"

namespace lvx::net {

class Watcher {
 public:
    // Subscribes, then reads: nothing that happens in between is lost.
    [[nodiscard]] static Result<Watcher> open();

    // Readable when drain() has something to do.
    [[nodiscard]] int fd() const { return notifications_.get(); }
    // Takes in every notification that waits; true when the World changed.
    [[nodiscard]] Result<bool> drain();
    [[nodiscard]] const World& world() const { return world_; }
    [[nodiscard]] std::uint64_t overruns() const { return overruns_; }

    // Has the kernel ask for neighbours.  An entry that went away meanwhile is no error; others are counted refusals.
    void solicit(std::span<const Solicitation> solicitations);
    [[nodiscard]] std::uint64_t refused_solicitations() const { return refused_solicitations_; }

 private:
    struct Batch {
        bool changed = false, routes_uncertain = false, overrun = false;
    };

    Watcher(Fd notifications, Fd requests) : notifications_(std::move(notifications)), requests_(std::move(requests)) {}

    [[nodiscard]] Result<Batch> read_notifications();
    [[nodiscard]] Result<World> read_world();
    [[nodiscard]] Result<void> read_kind(std::uint16_t type, World& into);
    [[nodiscard]] Result<bool> read_kind_once(std::uint16_t type, World& into);
    [[nodiscard]] Result<bool> reread_routes();

    Fd notifications_, requests_;
    World world_;
    std::uint32_t sequence_ = 0;
    std::uint64_t overruns_ = 0, refused_solicitations_ = 0;
};

}  // namespace lvx::net
