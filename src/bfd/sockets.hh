// The sockets of BFD sessions: UDP with the time to live as RFC 5881 section 5 wants it, both ways.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/address.hh"
#include "base/fd.hh"
#include "base/result.hh"
#include "bfd/wire.hh"
#include "model/vrrp.hh"

namespace lvx::bfd {

inline constexpr std::uint8_t full_ttl = 255;
inline constexpr std::uint8_t any_hops = 255;  // max_hops 255: the time to live is not looked at

struct Datagram {
    Address from;
    std::uint8_t ttl = 0;
    std::span<const std::uint8_t> bytes;  // inside the caller's buffer
};

[[nodiscard]] std::uint8_t ttl_of(const model::BfdInstance& form);
// A packet that came from further away than it may.
[[nodiscard]] bool too_far(const model::BfdInstance& form, std::uint8_t ttl);

[[nodiscard]] Result<Fd> open_receiver(Family family, std::uint16_t port);
// Connected to the neighbour; `chance` chooses the source port (section 4: 49152 to 65535).
[[nodiscard]] Result<Fd> open_sender(const model::BfdInstance& form, std::uint16_t chance);

// None: nothing waits.
[[nodiscard]] std::optional<Datagram> receive(const Fd& receiver, std::span<std::uint8_t> buffer);

}  // namespace lvx::bfd
