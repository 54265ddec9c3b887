// Sends whole Ethernet frames: gratuitous ARP and unsolicited NA.  One packet socket for all interfaces.
#pragma once

#include <cstdint>
#include <span>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::vrrp {

class FrameSender {
 public:
    [[nodiscard]] static Result<FrameSender> open();
    // Never waits: a full queue is an error of this frame.
    [[nodiscard]] Result<void> send(std::uint32_t ifindex, std::span<const std::uint8_t> frame) const;

 private:
    explicit FrameSender(Fd socket) : socket_(std::move(socket)) {}
    Fd socket_;
};

}  // namespace lvx::vrrp
