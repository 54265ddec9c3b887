// Sockets that adverts go through: one for each interface, family and direction of use.  Raw sockets of IP protocol 112;
// multicast groups are joined where they are listened to; TTL, sender and destination come with each packet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/address.hh"
#include "base/fd.hh"
#include "base/result.hh"
#include "vrrp/wire.hh"

namespace lvx::vrrp {

// What two instances must have in common to share a socket.
struct PortKey {
    std::string interface;        // "" = any (unicast without interface)
    Family family = Family::v4;
    std::optional<Address> group; // multicast: joined
    std::uint8_t protocol = ip_protocol;  // or ah_protocol: whole IP packets are sent
    auto operator<=>(const PortKey&) const = default;
};

struct Packet {
    std::span<const std::uint8_t> bytes;  // from the VRRP header on, or from the AH on
    std::span<const std::uint8_t> whole;  // with the IP header, if IPv4
    Route route;
    int ttl = -1;
    std::uint32_t ifindex = 0;
};

class Port {
 public:
    [[nodiscard]] static Result<Port> open(const PortKey& key, std::uint32_t ifindex, int receive_buffer);

    [[nodiscard]] int fd() const { return socket_.get(); }
    [[nodiscard]] std::uint32_t ifindex() const { return ifindex_; }

    // Never waits.  `ttl` 0 = 255.
    [[nodiscard]] Result<void> send(std::span<const std::uint8_t> bytes, const Route& route, std::uint8_t ttl) const;
    // The same for a whole IP packet; the port's protocol is ah_protocol.
    [[nodiscard]] Result<void> send_whole(std::span<const std::uint8_t> packet, const Address& destination) const;
    // The next packet that waits, valid until the next call; nullopt: none.
    [[nodiscard]] std::optional<Packet> receive();

 private:
    Port(Fd socket, Family family, std::uint32_t ifindex) : socket_(std::move(socket)), family_(family), ifindex_(ifindex) {}

    Fd socket_;
    Family family_;
    std::uint32_t ifindex_;
    std::array<std::uint8_t, 9216> buffer_{};
};

}  // namespace lvx::vrrp
