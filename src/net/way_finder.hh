// Answers "which way to this address?" for many addresses of one World: indexes addresses, routes and neighbours
// once, so that ten thousand real servers cost ten thousand lookups.  Refers to the World, does not own it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "net/world.hh"

namespace lvx::net {

class WayFinder {
 public:
    explicit WayFinder(const World& world);

    // As way_to of world.hh.
    [[nodiscard]] std::optional<Way> to(const Address& address) const;
    // The route taken, local addresses included: nullptr when there is none over a link that is up.
    [[nodiscard]] const Route* route_to(const Address& address) const;
    [[nodiscard]] bool is_local(const Address& address) const { return local_.contains(address); }

 private:
    [[nodiscard]] std::optional<Mac> mac_of(std::uint32_t ifindex, const Address& neighbour) const;

    const World& world_;
    std::set<Address> local_;
    // The best usable route of each prefix; lengths_ are the lengths in use of each family, longest first.
    std::map<Prefix, const Route*> routes_;
    std::set<std::pair<Family, std::uint8_t>, std::greater<>> lengths_;
    std::map<std::pair<std::uint32_t, Address>, const Neighbour*> neighbours_;
};

// The prefix of `length` bits that `address` lies in: the bits behind it are zero.
[[nodiscard]] Prefix prefix_of(const Address& address, std::uint8_t length);

}  // namespace lvx::net
