// What is held as a whole: by the master of a virtual router its addresses, routes and rules, by the director its static
// ones.  Pure: from the configuration and what the monitor sees.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/vrrp.hh"
#include "net/world.hh"
#include "vrrp/address_driver.hh"
#include "vrrp/ground.hh"

namespace lvx::vrrp {

struct Goods {
    std::vector<PlacedAddress> addresses;
    std::vector<model::RouteLine> routes;
    std::vector<model::RuleLine> rules;
    bool operator==(const Goods&) const = default;
};

// Addresses of interfaces that do not exist (yet) are left out.
[[nodiscard]] Goods goods_of(const model::VrrpInstance& instance, const Ground& ground, const net::World& world);
[[nodiscard]] Goods static_goods(const model::Vrrp& configuration, const net::World& world);

[[nodiscard]] bool is_there(const net::World& world, const PlacedAddress& placed);

// What is in `a`, but not in `b`.
[[nodiscard]] std::vector<PlacedAddress> only_in(const std::vector<PlacedAddress>& a, const std::vector<PlacedAddress>& b);
[[nodiscard]] std::vector<model::RouteLine> only_in(const std::vector<model::RouteLine>& a, const std::vector<model::RouteLine>& b);
[[nodiscard]] std::vector<model::RuleLine> only_in(const std::vector<model::RuleLine>& a, const std::vector<model::RuleLine>& b);

// Words for ip(8).  Routes are marked with keepalived's protocol number unless the line names another one.
enum class Verb : std::uint8_t { add, remove };
[[nodiscard]] std::vector<std::string> ip_words(const model::RouteLine& route, Verb verb);
[[nodiscard]] std::vector<std::string> ip_words(const model::RuleLine& rule, Verb verb);

// Interfaces whose death is a fault of the instance: those of its addresses, routes and rules without no_track, and of
// static ones in a track_group that it is a member of.
[[nodiscard]] std::set<std::string> interfaces_of_goods(const model::Vrrp& configuration, const model::VrrpInstance& instance);

}  // namespace lvx::vrrp
