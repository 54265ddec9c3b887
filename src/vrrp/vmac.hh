// Which VMAC and IPVLAN devices a configuration needs, and which virtual address lives on which of them.  Pure.
//
//   use_vmac, use_ipvlan   one on the instance's interface: adverts (unless vmac_xmit_base), addresses of the instance's family
//   use_vmac_addr          one for each other interface and family that the instance's addresses are on
//   ADDRESS ... use_vmac   the same for this address
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/vrrp.hh"

namespace lvx::vrrp {

struct VmacDevice {
    std::string name, below, vrf;
    model::VmacUse::Kind kind = model::VmacUse::Kind::vmac;
    std::array<std::uint8_t, 6> mac{};
    std::string mode;                 // of ipvlan: bridge, private, vepa
    std::uint32_t group = 0;          // 0 = that of the device below
    bool notify = false;              // make the kernel tell of the device below, whose promiscuity changed
    std::optional<Address> address;   // of ipvlan: to speak from
    bool operator==(const VmacDevice&) const = default;
};

struct VmacPlan {
    model::Vrrp configuration;        // devices have names, addresses on them name them as their interface
    std::vector<VmacDevice> devices;
};

// Names: PREFIX.VRID, else PREFIX6.VRID for IPv6, else PREFIX1.VRID ...; no two are equal.
[[nodiscard]] VmacPlan plan_vmacs(model::Vrrp configuration, const std::string& prefix, const std::string& address_prefix);

}  // namespace lvx::vrrp
