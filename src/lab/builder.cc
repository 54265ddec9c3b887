#include "lab/builder.hh"

#include "lab/namespace.hh"
#include "net/links_driver.hh"
#include "net/offload_driver.hh"

namespace lvx::lab {
namespace {

constexpr const char* bridge_name = "bridge";
constexpr std::uint32_t loopback_mtu = 65536;
constexpr std::uint32_t first_ifindex = 10;  // lo is 1, a bridge 2

// Before any device exists, so that the devices inherit it.
Result<void> apply_settings(const Node& node) {
    // Duplicate detection would keep a new IPv6 address from use for a second.
    TRY(set_sysctl("net/ipv6/conf/all/accept_dad", "0"));
    TRY(set_sysctl("net/ipv6/conf/default/accept_dad", "0"));
    if (node.kind != NodeKind::router) return {};
    TRY(set_sysctl("net/ipv4/ip_forward", "1"));
    TRY(set_sysctl("net/ipv6/conf/all/forwarding", "1"));
    // A one-armed director is asked to forward to where a packet came from; redirects would lead clients past it.
    TRY(set_sysctl("net/ipv4/conf/all/send_redirects", "0"));
    TRY(set_sysctl("net/ipv4/conf/default/send_redirects", "0"));
    return {};
}

Result<void> bring_up(const std::string& device, std::uint32_t mtu) {
    net::Rtnetlink netlink = TRY(net::Rtnetlink::open());
    return netlink.bring_up(TRY(net::index_of(device)), mtu);
}

Result<void> make_switch() {
    net::Rtnetlink netlink = TRY(net::Rtnetlink::open());
    TRY(netlink.add_bridge(bridge_name));
    return netlink.bring_up(TRY(net::index_of(bridge_name)), 1500);
}

Result<void> set_up_end(const End& end, std::uint32_t mtu) {
    if (!end.checksums) TRY(net::set_feature(end.device, net::Feature::transmit_checksum, net::Switch::off));
    net::Rtnetlink netlink = TRY(net::Rtnetlink::open());
    const std::uint32_t ifindex = TRY(net::index_of(end.device));
    if (end.port) {
        const std::uint32_t bridge = TRY(net::index_of(bridge_name));
        TRY(netlink.set_master(ifindex, bridge));
    }
    TRY(netlink.bring_up(ifindex, mtu));
    // A veth starts NAPI for GRO when it is switched on while the device is up; before that it is only written down.
    if (end.gro) TRY(net::set_feature(end.device, net::Feature::generic_receive, net::Switch::on));
    return {};
}

// `number`: of the cable; it makes the interface indexes unique in the whole laboratory.
Result<void> lay(const Cable& cable, std::uint32_t number, const NamespaceOf& namespace_of) {
    const int far = namespace_of(cable.far.node);
    TRY(inside(namespace_of(cable.near.node), [&]() -> Result<void> {
        net::Rtnetlink netlink = TRY(net::Rtnetlink::open());
        return netlink.add_veth({cable.near.device, first_ifindex + 2 * number}, {cable.far.device, first_ifindex + 2 * number + 1},
                                far);
    }));
    TRY(inside(far, [&] { return set_up_end(cable.far, cable.mtu); }));
    return inside(namespace_of(cable.near.node), [&] { return set_up_end(cable.near, cable.mtu); });
}

Result<void> address_node(const Node& node) {
    net::Rtnetlink netlink = TRY(net::Rtnetlink::open());
    for (const Device& device : node.devices) {
        const std::uint32_t ifindex = TRY(net::index_of(device.name));
        for (const Prefix& prefix : device.addresses) TRY(netlink.add_address(ifindex, prefix));
    }
    for (const Route& route : node.routes) TRY(netlink.add_route(route.destination, route.gateway));
    return {};
}

}  // namespace

Result<void> furnish(const Topology& topology, const std::vector<Cable>& cables, const NamespaceOf& namespace_of) {
    for (const std::string& name : topology.switches) TRY(inside(namespace_of(name), make_switch));
    for (const Node& node : topology.nodes) {
        TRY(inside(namespace_of(node.name), [&]() -> Result<void> {
            TRY(apply_settings(node));
            return bring_up("lo", loopback_mtu);
        }));
    }
    for (std::uint32_t number = 0; number < cables.size(); ++number) TRY(lay(cables[number], number, namespace_of));
    for (const Node& node : topology.nodes) TRY(inside(namespace_of(node.name), [&] { return address_node(node); }));
    return {};
}

}  // namespace lvx::lab
