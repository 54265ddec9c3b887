// What a virtual router stands on: its interfaces, the address it speaks from, and what is wrong with them.  Pure: from the
// configuration and what the monitor sees.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/vrrp.hh"
#include "net/world.hh"

namespace lvx::vrrp {

struct Ground {
    std::uint32_t ifindex = 0;        // of the instance's interface; 0: unicast without interface
    std::uint32_t send_ifindex = 0;   // adverts are heard and leave here: the interface, or its VMAC device
    std::uint32_t home_ifindex = 0;   // virtual addresses without "dev" live here
    std::string send_interface, home_interface;
    Address source;
    bool has_source = false;
    std::vector<std::string> faults;  // sentences
    bool operator==(const Ground&) const = default;
};

// Name of the VMAC or IPVLAN device, "" when the instance uses none.
[[nodiscard]] std::string vmac_name(const model::VrrpInstance& instance);

// `virtual_addresses`: of all instances; none of them is an address of this machine to speak from.
[[nodiscard]] Ground ground_of(const model::VrrpInstance& instance, const net::World& world, const std::set<Address>& virtual_addresses);

// The first address of the interface that is no virtual one; IPv6: link-local.
[[nodiscard]] std::optional<Address> speaking_address(const net::World& world, std::uint32_t ifindex, Family family,
                                                      const std::set<Address>& virtual_addresses);

[[nodiscard]] const net::Link* link_named(const net::World& world, std::string_view name);

[[nodiscard]] std::set<Address> virtual_addresses_of(const model::Vrrp& configuration);

}  // namespace lvx::vrrp
