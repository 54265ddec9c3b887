#include "vrrp/ground.hh"

#include <algorithm>

namespace lvx::vrrp {

namespace {

bool is_link_local(const Address& address) { return address.mapped()[0] == 0xfe && (address.mapped()[1] & 0xc0) == 0x80; }

bool is_present(const net::World& world, const Address& address) {
    return std::ranges::find(world.addresses, address, &net::LocalAddress::address) != world.addresses.end();
}

void check_link(const model::VrrpInstance& instance, const net::World& world, Ground& ground) {
    const net::Link* link = link_named(world, instance.interface);
    if (link == nullptr) {
        ground.faults.push_back("interface " + instance.interface + " does not exist");
        return;
    }
    ground.ifindex = ground.send_ifindex = ground.home_ifindex = link->ifindex;
    if (!link->up && !instance.dont_track_primary) ground.faults.push_back("interface " + instance.interface + " is down");
}

void check_vmac(const model::VrrpInstance& instance, const net::World& world, Ground& ground) {
    const std::string name = vmac_name(instance);
    if (name.empty()) return;
    const net::Link* link = link_named(world, name);
    if (link == nullptr) {
        ground.faults.push_back("interface " + name + " does not exist");
        return;
    }
    ground.home_ifindex = link->ifindex;
    ground.home_interface = name;
    if (instance.vmac.transmit_on_base) return;
    ground.send_ifindex = link->ifindex;
    ground.send_interface = name;
}

void check_vrf(const model::VrrpInstance& instance, const net::World& world, Ground& ground) {
    if (instance.vrf.empty()) return;
    const net::Link* vrf = link_named(world, instance.vrf);
    const net::Link* link = link_named(world, instance.interface);
    if (vrf == nullptr || (link != nullptr && link->master != vrf->ifindex))
        ground.faults.push_back("interface " + instance.interface + " is not in VRF " + instance.vrf);
}

void check_source(const model::VrrpInstance& instance, const net::World& world, const std::set<Address>& virtual_addresses,
                  Ground& ground) {
    const bool ipvlan = instance.vmac.kind == model::VmacUse::Kind::ipvlan;
    const std::optional<Address> fixed = ipvlan && instance.vmac.address ? instance.vmac.address : instance.source;
    if (fixed) {
        ground.source = *fixed;
        ground.has_source = !instance.track_source || is_present(world, ground.source);
        if (!ground.has_source) ground.faults.push_back("source address " + ground.source.text() + " is gone");
        return;
    }
    const std::optional<Address> found = speaking_address(world, ground.ifindex, instance.family, virtual_addresses);
    ground.has_source = found.has_value();
    if (found) ground.source = *found;
    else if (ground.ifindex != 0)
        ground.faults.push_back("interface " + instance.interface + (instance.family == Family::v4 ? " has no IPv4 address" : " has no link-local address"));
}

}  // namespace

const net::Link* link_named(const net::World& world, std::string_view name) {
    for (const auto& [ifindex, link] : world.links)
        if (link.name == name) return &link;
    return nullptr;
}

std::string vmac_name(const model::VrrpInstance& instance) {
    if (instance.vmac.kind == model::VmacUse::Kind::none) return "";
    return instance.vmac.name.empty() ? "vrrp." + std::to_string(instance.vrid) : instance.vmac.name;
}

std::optional<Address> speaking_address(const net::World& world, std::uint32_t ifindex, Family family,
                                        const std::set<Address>& virtual_addresses) {
    for (const net::LocalAddress& local : world.addresses) {
        if (local.ifindex != ifindex || local.address.family() != family || virtual_addresses.contains(local.address)) continue;
        if (family == Family::v4 || is_link_local(local.address)) return local.address;
    }
    return std::nullopt;
}

std::set<Address> virtual_addresses_of(const model::Vrrp& configuration) {
    std::set<Address> result;
    for (const model::VrrpInstance& instance : configuration.instances) {
        for (const model::InterfaceAddress& address : instance.addresses) result.insert(address.address);
        for (const model::InterfaceAddress& address : instance.excluded) result.insert(address.address);
    }
    return result;
}

Ground ground_of(const model::VrrpInstance& instance, const net::World& world, const std::set<Address>& virtual_addresses) {
    Ground ground;
    ground.send_interface = ground.home_interface = instance.interface;
    if (!instance.interface.empty()) check_link(instance, world, ground);
    check_vmac(instance, world, ground);
    check_vrf(instance, world, ground);
    check_source(instance, world, virtual_addresses, ground);
    if (instance.unicast && instance.unicast_fault_no_peer && instance.peers.empty()) ground.faults.push_back("no unicast peer is configured");
    return ground;
}

}  // namespace lvx::vrrp
