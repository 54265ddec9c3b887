// auth_type AH of version 2: an IPsec authentication header (RFC 4302) between IP and VRRP, with HMAC-MD5-96 (RFC 2403), as
// keepalived makes it.  Pure; there is no security association, so nothing of the kernel's IPsec takes part.
//
//   IP header 20 | 112, 4, 0 0 | SPI = source (4) | sequence (4) | first 12 bytes of HMAC-MD5 | VRRP
//
// Summed: all of it, with TOS, fragment fields and checksum of the IP header as zeros, its TTL too if unicast, and the HMAC.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vrrp/wire.hh"

namespace lvx::vrrp {

inline constexpr std::uint8_t ah_protocol = 51;
inline constexpr std::size_t ah_bytes = 24;

enum class Delivery : std::uint8_t { group, unicast };

struct HeaderAuth {
    std::array<char, password_bytes> key{};
    Delivery delivery = Delivery::group;
};

// A whole IP packet.  `identification` is of its IP header, and part of what is summed.
[[nodiscard]] std::vector<std::uint8_t> authenticated(std::span<const std::uint8_t> advert, const Route& route, std::uint8_t ttl,
                                                      std::uint16_t identification, std::uint32_t sequence, const HeaderAuth& auth);

// nullopt: it holds, and its sequence number, which must be higher than `last`, is the new `last`.
[[nodiscard]] std::optional<Refusal> check_header(std::span<const std::uint8_t> packet, const HeaderAuth& auth, std::uint32_t& last);

}  // namespace lvx::vrrp
