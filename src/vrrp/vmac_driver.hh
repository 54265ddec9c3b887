// The device a virtual router's own MAC lives on: macvlan (use_vmac) or ipvlan (use_ipvlan), made and removed by netlink.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hh"
#include "model/vrrp.hh"
#include "net/world.hh"
#include "vrrp/frames.hh"

namespace lvx::vrrp {

[[nodiscard]] Mac mac_of(const model::VrrpInstance& instance);

// Makes it, or takes over the one that is there, and brings it up.
[[nodiscard]] Result<void> make_vmac(const model::VrrpInstance& instance, const net::Link& below);
[[nodiscard]] Result<void> remove_link(std::uint32_t ifindex);

// "net/ipv4/conf/eth0/arp_ignore".
[[nodiscard]] Result<void> set_sysctl(const std::string& name, const std::string& value);

}  // namespace lvx::vrrp
