#include "net/links_driver.hh"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <span>
#include <utility>

namespace lvx::net {
namespace {

// Messages of this file hold a few attributes; a page is far more than any of them needs.
using Buffer = std::array<char, 4096>;

nlmsghdr* message(Buffer& buffer, std::uint16_t type, std::uint16_t flags) {
    nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
    header->nlmsg_type = type;
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    return header;
}

ifinfomsg* link_part(nlmsghdr* header) {
    auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg)));
    link->ifi_family = AF_UNSPEC;
    return link;
}

std::span<const std::uint8_t> wire_bytes(const Address& address) {
    return std::span(address.mapped()).last(address.is_v4() ? 4 : 16);
}

void put_address(nlmsghdr* header, std::uint16_t type, const Address& address) {
    const auto bytes = wire_bytes(address);
    mnl_attr_put(header, type, bytes.size(), bytes.data());
}

std::uint8_t kernel_family(const Address& address) { return address.is_v4() ? AF_INET : AF_INET6; }

}  // namespace

Result<Rtnetlink> Rtnetlink::open() {
    mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket == nullptr) return refusal("cannot open a netlink socket", errno);
    Rtnetlink opened(socket);
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) return refusal("cannot bind a netlink socket", errno);
    return opened;
}

Rtnetlink::Rtnetlink(Rtnetlink&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}

Rtnetlink::~Rtnetlink() {
    if (socket_ != nullptr) mnl_socket_close(socket_);
}

Result<void> Rtnetlink::ask(nlmsghdr* header, std::string doing) {
    const unsigned port = mnl_socket_get_portid(socket_);
    header->nlmsg_seq = 1;
    if (mnl_socket_sendto(socket_, header, header->nlmsg_len) < 0) return refusal(std::move(doing), errno);
    Buffer answer;
    const ssize_t length = mnl_socket_recvfrom(socket_, answer.data(), answer.size());
    if (length < 0) return refusal(std::move(doing), errno);
    if (mnl_cb_run(answer.data(), static_cast<std::size_t>(length), 1, port, nullptr, nullptr) < 0) {
        return refusal(std::move(doing), errno);
    }
    return {};
}

Result<void> Rtnetlink::add_veth(const VethEnd& near, const VethEnd& far, int far_namespace) {
    Buffer buffer;
    nlmsghdr* header = message(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    link_part(header)->ifi_index = static_cast<int>(near.ifindex);
    mnl_attr_put_strz(header, IFLA_IFNAME, near.name.c_str());
    nlattr* information = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
    nlattr* data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    nlattr* peer = mnl_attr_nest_start(header, VETH_INFO_PEER);
    link_part(header)->ifi_index = static_cast<int>(far.ifindex);
    mnl_attr_put_strz(header, IFLA_IFNAME, far.name.c_str());
    mnl_attr_put_u32(header, IFLA_NET_NS_FD, static_cast<std::uint32_t>(far_namespace));
    mnl_attr_nest_end(header, peer);
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, information);
    return ask(header, fmt::format("cannot make the veth pair {} and {}", near.name, far.name));
}

Result<void> Rtnetlink::remove(const std::string& name) {
    Buffer buffer;
    nlmsghdr* header = message(buffer, RTM_DELLINK, 0);
    link_part(header);
    mnl_attr_put_strz(header, IFLA_IFNAME, name.c_str());
    return ask(header, "cannot remove device " + name);
}

Result<void> Rtnetlink::add_bridge(const std::string& name) {
    Buffer buffer;
    nlmsghdr* header = message(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    link_part(header);
    mnl_attr_put_strz(header, IFLA_IFNAME, name.c_str());
    nlattr* information = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, "bridge");
    mnl_attr_nest_end(header, information);
    return ask(header, "cannot make bridge " + name);
}

Result<void> Rtnetlink::bring_up(std::uint32_t ifindex, std::uint32_t mtu) {
    Buffer buffer;
    nlmsghdr* header = message(buffer, RTM_NEWLINK, 0);
    ifinfomsg* link = link_part(header);
    link->ifi_index = static_cast<int>(ifindex);
    link->ifi_flags = IFF_UP;
    link->ifi_change = IFF_UP;
    mnl_attr_put_u32(header, IFLA_MTU, mtu);
    return ask(header, fmt::format("cannot bring up device {}", ifindex));
}

Result<void> Rtnetlink::set_master(std::uint32_t ifindex, std::uint32_t bridge) {
    Buffer buffer;
    nlmsghdr* header = message(buffer, RTM_NEWLINK, 0);
    link_part(header)->ifi_index = static_cast<int>(ifindex);
    mnl_attr_put_u32(header, IFLA_MASTER, bridge);
    return ask(header, fmt::format("cannot make device {} a port of bridge {}", ifindex, bridge));
}

Result<void> Rtnetlink::add_address(std::uint32_t ifindex, const Prefix& prefix) {
    Buffer buffer;
    nlmsghdr* header = message(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    auto* part = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifaddrmsg)));
    part->ifa_family = kernel_family(prefix.address);
    part->ifa_prefixlen = prefix.length;
    part->ifa_index = ifindex;
    put_address(header, IFA_LOCAL, prefix.address);
    put_address(header, IFA_ADDRESS, prefix.address);
    mnl_attr_put_u32(header, IFA_FLAGS, IFA_F_NODAD);
    return ask(header, fmt::format("cannot add {}/{} to device {}", prefix.address.text(), prefix.length, ifindex));
}

Result<void> Rtnetlink::add_route(const Prefix& destination, const Address& gateway) {
    Buffer buffer;
    nlmsghdr* header = message(buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    auto* part = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
    part->rtm_family = kernel_family(gateway);
    part->rtm_dst_len = destination.length;
    part->rtm_table = RT_TABLE_MAIN;
    part->rtm_protocol = RTPROT_STATIC;
    part->rtm_scope = RT_SCOPE_UNIVERSE;
    part->rtm_type = RTN_UNICAST;
    if (destination.length > 0) put_address(header, RTA_DST, destination.address);
    put_address(header, RTA_GATEWAY, gateway);
    return ask(header, fmt::format("cannot add a route to {}/{} by way of {}", destination.address.text(),
                                   destination.length, gateway.text()));
}

Result<std::uint32_t> index_of(const std::string& device) {
    const unsigned index = if_nametoindex(device.c_str());
    if (index == 0) return refusal("cannot find device " + device, errno);
    return index;
}

}  // namespace lvx::net
