#include "net/hook_choice.hh"

#include <algorithm>
#include <array>
#include <utility>

namespace lvx::net {

namespace {

// Drivers of Linux 6.1 and later that implement XDP_SETUP_PROG, named as ethtool names them.  A newer one that an old
// kernel's driver does not have is refused at attachment, and the daemon then takes tc.
constexpr auto native_xdp_drivers = std::to_array<std::string_view>({
    "atlantic",    "bnxt_en",   "dpaa2-eth", "ena",      "fec",     "fsl_dpa",    "fsl_dpaa2_eth", "fsl_enetc",
    "fsl_enetc_vf", "funeth",   "gve",       "hv_netvsc", "i40e",   "iavf",       "ice",           "igb",
    "igc",         "ixgbe",     "ixgbevf",   "lan966x-switch", "mana", "mlx4_en", "mlx5_core",     "mtk_soc_eth",
    "mvneta",      "mvpp2",     "netsec",    "nfp",      "nicvf",   "qede",       "rvu-nicpf",     "rvu-nicvf",
    "sfc",         "sfc_ef100", "st_gmac",   "stmmac",   "ti-cpsw", "am65-cpsw-nuss", "tsnep",     "vif",
    "virtio_net",  "vmxnet3",
});

// Above this a frame does not fit the one buffer that native XDP gives a program; the tightest common driver, with
// buffers of 3072 bytes, takes 3046.
constexpr std::uint32_t single_buffer_mtu = 3046;

// Kinds of virtual device, and why each is served at tc.
constexpr auto virtual_kinds = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"veth", "veth carries super-frames"},
    {"tun", "tap carries super-frames"},
    {"bridge", "a bridge has no native XDP"},
    {"vlan", "a VLAN device has no native XDP"},
    {"macvlan", "macvlan has no native XDP"},
    {"ipvlan", "ipvlan has no native XDP"},
    {"dummy", "dummy has no native XDP"},
    {"team", "a team has no native XDP"},
});

HookChoice for_driver(const Link& link) {
    if (link.driver.empty()) return {Hook::tc, "its driver is not known"};
    if (!has_native_xdp(link.driver)) return {Hook::tc, "driver " + link.driver + " is not known to have native XDP"};
    if (link.mtu > single_buffer_mtu)
        return {Hook::tc, "MTU " + std::to_string(link.mtu) + " does not fit one buffer of native XDP"};
    return {Hook::xdp_native, "driver " + link.driver + " has native XDP"};
}

// A bond has native XDP when each of its ports has.
HookChoice for_bond(const World& world, const Link& bond) {
    bool has_ports = false;
    for (const auto& [ifindex, port] : world.links) {
        if (port.master != bond.ifindex) continue;
        has_ports = true;
        if (!port.kind.empty() || for_driver(port).hook != Hook::xdp_native)
            return {Hook::tc, "bond whose port " + port.name + " has no native XDP"};
    }
    if (!has_ports) return {Hook::tc, "bond without ports"};
    return {Hook::xdp_native, "bond whose ports all have native XDP"};
}

std::string master_name(const World& world, std::uint32_t ifindex) {
    const auto found = world.links.find(ifindex);
    return found == world.links.end() ? "another device" : found->second.name;
}

}  // namespace

bool has_native_xdp(std::string_view driver) {
    return std::ranges::find(native_xdp_drivers, driver) != native_xdp_drivers.end();
}

HookChoice choose_hook(const World& world, const Link& link) {
    if (link.loopback) return {Hook::tc, "loopback has no native XDP"};
    if (link.kind == "bond") return for_bond(world, link);
    const auto found = std::ranges::find(virtual_kinds, std::string_view(link.kind), &decltype(virtual_kinds)::value_type::first);
    if (found != virtual_kinds.end()) return {Hook::tc, std::string(found->second)};
    if (!link.kind.empty()) return {Hook::tc, link.kind + " is a virtual device"};
    if (link.master != 0) return {Hook::tc, "port of " + master_name(world, link.master) + ", which carries super-frames"};
    return for_driver(link);
}

}  // namespace lvx::net
