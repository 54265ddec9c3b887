#include "sync/frames_driver.hh"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cstring>

namespace lvx::sync {
namespace {

constexpr std::size_t station_bytes = 6, type_at = 12;

}  // namespace

bool Frames::send(const Answer& answer) {
    if (!socket_.valid()) socket_ = Fd(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (answer.frame.size() < type_at + 2) return false;
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(answer.ifindex);
    to.sll_halen = station_bytes;
    std::memcpy(&to.sll_protocol, answer.frame.data() + type_at, sizeof to.sll_protocol);
    std::memcpy(to.sll_addr, answer.frame.data(), station_bytes);
    const auto sent = ::sendto(socket_.get(), answer.frame.data(), answer.frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    return sent == static_cast<ssize_t>(answer.frame.size());
}

}  // namespace lvx::sync
