// The device a virtual router's own MAC lives on: macvlan (use_vmac) or ipvlan (use_ipvlan), made and removed by netlink.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.hh"
#include "net/world.hh"
#include "vrrp/vmac.hh"

namespace lvx::vrrp {

// Makes it and brings it up.  `vrf`: of the VRF it shall be in; 0 = none.
[[nodiscard]] Result<void> make_vmac(const VmacDevice& device, const net::Link& below, std::uint32_t vrf);
[[nodiscard]] Result<void> remove_link(std::uint32_t ifindex);
// Whether the link is what make_vmac would make.
[[nodiscard]] bool is_vmac(const VmacDevice& device, const net::Link& link, const net::Link& below);

// "net/ipv4/conf/eth0/arp_ignore".
[[nodiscard]] Result<void> set_sysctl(const std::string& name, const std::string& value);

// Settings of interfaces that VMAC devices need, as they were before; put back at the end.
class Sysctls {
 public:
    ~Sysctls() { restore(); }
    // The interface below answers, and asks, by ARP for what is on it only.
    void prepare_below(const std::string& interface);
    // net.ipv4.conf.all.rp_filter would drop what comes in by the device below: it moves to the interfaces.
    void release_all_rp_filter();
    void restore();

 private:
    void change(const std::string& name, const std::string& value);
    std::map<std::string, std::string> before_;
};

}  // namespace lvx::vrrp
