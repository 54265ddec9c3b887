// What the VRRP thread sees of the machine's links and addresses: a netlink socket of its own, so that nothing the rest of
// the daemon does can delay it.  Routes and neighbours are not followed.
#pragma once

#include <utility>

#include "base/fd.hh"
#include "base/result.hh"
#include "net/world.hh"

namespace lvx::vrrp {

class Monitor {
 public:
    [[nodiscard]] static Result<Monitor> open();

    [[nodiscard]] int fd() const { return socket_.get(); }
    // Takes in what waits; true when links or addresses changed.  Reads everything anew after an overrun.
    [[nodiscard]] Result<bool> drain();
    // Routes and rules are not read, but that one of ours was removed is heard from now on.
    void follow_removals();
    // Whether one was since the last call.
    [[nodiscard]] bool take_removals() { return std::exchange(removals_, false); }
    [[nodiscard]] const net::World& world() const { return world_; }

    [[nodiscard]] const net::Link* link(std::string_view name) const;
    // Of the interface, in the kernel's order; IPv6: the link-local one.
    [[nodiscard]] std::optional<Address> primary(std::uint32_t ifindex, Family family) const;
    [[nodiscard]] bool has(std::uint32_t ifindex, const Address& address) const;
    // The interface that has the address.
    [[nodiscard]] std::optional<std::uint32_t> interface_with(const Address& address) const;

 private:
    explicit Monitor(Fd socket) : socket_(std::move(socket)) {}
    [[nodiscard]] Result<void> read_all();
    [[nodiscard]] Result<void> read_kind(std::uint16_t type);

    Fd socket_;
    net::World world_;
    bool removals_ = false, follows_removals_ = false;
};

}  // namespace lvx::vrrp
