#include "vrrp/frame_driver.hh"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cerrno>

namespace lvx::vrrp {

Result<FrameSender> FrameSender::open() {
    // Protocol 0: nothing is received.
    Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return refusal("cannot open a packet socket", errno);
    return FrameSender(std::move(socket));
}

Result<void> FrameSender::send(std::uint32_t ifindex, std::span<const std::uint8_t> frame) const {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(ifindex);
    if (::sendto(socket_.get(), frame.data(), frame.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0)
        return refusal("cannot announce an address", errno);
    return {};
}

}  // namespace lvx::vrrp
