// The ear for others who answer for our addresses: one packet socket for all interfaces, filtered in the kernel, so that a
// busy segment costs the VRRP thread nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <set>

#include "base/fd.hh"
#include "base/result.hh"
#include "vrrp/claim.hh"

namespace lvx::vrrp {

class ClaimEar {
 public:
    static constexpr std::size_t packets_at_once = 32;  // before adverts get their turn again

    [[nodiscard]] static Result<ClaimEar> open();
    // Nothing but claims of these is heard from now on.
    [[nodiscard]] Result<void> watch(const std::set<Address>& addresses) const;
    void receive(const std::function<void(const Claim& claim)>& visit) const;
    [[nodiscard]] int fd() const { return socket_.get(); }

 private:
    explicit ClaimEar(Fd socket) : socket_(std::move(socket)) {}

    Fd socket_;
};

}  // namespace lvx::vrrp
