// An ARP packet whose sender says that an address is his (RFC 826), and the socket filter that lets only those through which
// concern our own addresses.  Bytes only.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/address.hh"
#include "vrrp/frames.hh"

namespace lvx::vrrp {

struct Claim {
    Mac sender{};
    Address address;
    bool operator==(const Claim&) const = default;
};

// `packet`: an ARP packet without its Ethernet header; nothing when it is none about IPv4 on Ethernet.
[[nodiscard]] std::optional<Claim> claim_in(std::span<const std::uint8_t> packet);

// Classic BPF over such packets: those whose sender address is one of these pass.  IPv6 addresses, and IPv4 addresses beyond
// the limit, are not watched.
inline constexpr std::size_t most_watched_addresses = 1024;
[[nodiscard]] std::vector<sock_filter> claim_filter(const std::set<Address>& addresses);

}  // namespace lvx::vrrp
