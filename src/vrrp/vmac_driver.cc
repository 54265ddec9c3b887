#include "vrrp/vmac_driver.hh"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/fd.hh"
#include "net/netlink_socket.hh"
#include "vrrp/ground.hh"

namespace lvx::vrrp {

namespace {

using Buffer = std::array<char, 1024>;

Result<void> ask(nlmsghdr* header, const std::string& doing) {
    const Fd socket = TRY(net::open_netlink());
    header->nlmsg_seq = 1;
    if (::send(socket.get(), header, header->nlmsg_len, 0) < 0) return refusal(doing, errno);
    alignas(nlmsghdr) std::array<char, 8192> answer;
    const ssize_t length = ::recv(socket.get(), answer.data(), answer.size(), 0);
    if (length < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return refusal(doing, length < 0 ? errno : EPROTO);
    const auto* message = reinterpret_cast<const nlmsghdr*>(answer.data());
    const int code = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
    if (code != 0) return refusal(doing, code);
    return {};
}

nlmsghdr* link_message(Buffer& buffer, std::uint16_t type, int flags) {
    nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
    header->nlmsg_type = type;
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg));
    return header;
}

std::uint16_t ipvlan_flags(const std::string& mode) {
    if (mode == "private") return IPVLAN_F_PRIVATE;
    return mode == "vepa" ? IPVLAN_F_VEPA : 0;
}

void put_kind(nlmsghdr* header, const model::VrrpInstance& instance) {
    const bool ipvlan = instance.vmac.kind == model::VmacUse::Kind::ipvlan;
    nlattr* information = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, ipvlan ? "ipvlan" : "macvlan");
    nlattr* data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    if (ipvlan) {
        mnl_attr_put_u16(header, IFLA_IPVLAN_MODE, IPVLAN_MODE_L2);
        mnl_attr_put_u16(header, IFLA_IPVLAN_FLAGS, ipvlan_flags(instance.vmac.mode));
    } else {
        mnl_attr_put_u32(header, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
    }
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, information);
}

Result<void> bring_up(std::uint32_t ifindex, const std::string& name) {
    Buffer buffer;
    nlmsghdr* header = link_message(buffer, RTM_NEWLINK, 0);
    auto* body = static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(header));
    body->ifi_index = static_cast<int>(ifindex);
    body->ifi_flags = body->ifi_change = IFF_UP;
    return ask(header, "cannot bring up " + name);
}

// Answers to ARP for what is on it only; its addresses are reached although packets come in by the device below.
void tune(const std::string& name) {
    const std::string v4 = "net/ipv4/conf/" + name;
    for (const auto& [key, value] : {std::pair{"/arp_ignore", "1"}, {"/accept_local", "1"}, {"/rp_filter", "0"}, {"/promote_secondaries", "1"}})
        (void)set_sysctl(v4 + key, value);
    (void)set_sysctl("net/ipv6/conf/" + name + "/accept_dad", "0");
}

}  // namespace

Mac mac_of(const model::VrrpInstance& instance) { return instance.vmac.mac.value_or(virtual_mac(instance.family, instance.vrid)); }

Result<void> make_vmac(const model::VrrpInstance& instance, const net::Link& below) {
    const std::string name = vmac_name(instance);
    Buffer buffer;
    nlmsghdr* header = link_message(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    mnl_attr_put_strz(header, IFLA_IFNAME, name.c_str());
    mnl_attr_put_u32(header, IFLA_LINK, below.ifindex);
    const Mac mac = mac_of(instance);
    if (instance.vmac.kind == model::VmacUse::Kind::vmac) mnl_attr_put(header, IFLA_ADDRESS, mac.size(), mac.data());
    if (instance.vmac.group != 0) mnl_attr_put_u32(header, IFLA_GROUP, instance.vmac.group);
    put_kind(header, instance);
    const Result<void> made = ask(header, "cannot make " + name + " on " + below.name);
    if (!made && made.error().code != EEXIST) return made;
    tune(name);
    if (instance.vmac.kind == model::VmacUse::Kind::vmac) (void)set_sysctl("net/ipv4/conf/" + below.name + "/arp_ignore", "1");
    return bring_up(::if_nametoindex(name.c_str()), name);
}

Result<void> remove_link(std::uint32_t ifindex) {
    Buffer buffer;
    nlmsghdr* header = link_message(buffer, RTM_DELLINK, 0);
    static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(header))->ifi_index = static_cast<int>(ifindex);
    return ask(header, "cannot remove a VMAC device");
}

Result<void> set_sysctl(const std::string& name, const std::string& value) {
    const std::string path = "/proc/sys/" + name;
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return refusal("cannot open " + path, errno);
    if (::write(file.get(), value.data(), value.size()) < 0) return refusal("cannot write " + path, errno);
    return {};
}

}  // namespace lvx::vrrp
