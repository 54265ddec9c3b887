#include "vrrp/claim_driver.hh"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace lvx::vrrp {

Result<ClaimEar> ClaimEar::open() {
    // Protocol 0: nothing is received before there is a filter.
    Fd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return refusal("cannot open a packet socket", errno);
    ClaimEar ear(std::move(socket));
    TRY(ear.watch({}));
    constexpr int on = 1;
    if (::setsockopt(ear.fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) return refusal("cannot tell own ARP packets from others'", errno);
    sockaddr_ll everywhere{};
    everywhere.sll_family = AF_PACKET;
    everywhere.sll_protocol = htons(ETH_P_ARP);
    if (::bind(ear.fd(), reinterpret_cast<const sockaddr*>(&everywhere), sizeof everywhere) != 0) return refusal("cannot listen for ARP packets", errno);
    return ear;
}

Result<void> ClaimEar::watch(const std::set<Address>& addresses) const {
    std::vector<sock_filter> program = claim_filter(addresses);
    const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    if (::setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) return refusal("cannot filter ARP packets", errno);
    return {};
}

void ClaimEar::receive(const std::function<void(const Claim& claim)>& visit) const {
    std::array<std::uint8_t, 64> packet;
    for (std::size_t count = 0; count < packets_at_once; ++count) {
        const ssize_t length = ::recv(socket_.get(), packet.data(), packet.size(), MSG_DONTWAIT);
        if (length < 0) return;
        if (const auto claim = claim_in(std::span(packet).first(static_cast<std::size_t>(length)))) visit(*claim);
    }
}

}  // namespace lvx::vrrp
