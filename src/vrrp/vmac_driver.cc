#include "vrrp/vmac_driver.hh"

#include <dirent.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "base/fd.hh"
#include "net/netlink_socket.hh"

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

void put_kind(nlmsghdr* header, const VmacDevice& device) {
    const bool ipvlan = device.kind == model::VmacUse::Kind::ipvlan;
    nlattr* information = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, ipvlan ? "ipvlan" : "macvlan");
    nlattr* data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    if (ipvlan) {
        mnl_attr_put_u16(header, IFLA_IPVLAN_MODE, IPVLAN_MODE_L2);
        mnl_attr_put_u16(header, IFLA_IPVLAN_FLAGS, ipvlan_flags(device.mode));
    } else {
        mnl_attr_put_u32(header, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
    }
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, information);
}

Result<void> set_flags(std::uint32_t ifindex, unsigned flags, unsigned which, const std::string& doing) {
    Buffer buffer;
    nlmsghdr* header = link_message(buffer, RTM_NEWLINK, 0);
    auto* body = static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(header));
    body->ifi_index = static_cast<int>(ifindex);
    body->ifi_flags = flags;
    body->ifi_change = which;
    return ask(header, doing);
}

// Its addresses are reached although packets come in by the device below; IPv6 gets no address of its own making.
void tune(const std::string& name) {
    const std::string v4 = "net/ipv4/conf/" + name;
    for (const auto& [key, value] : {std::pair{"/arp_ignore", "1"}, {"/accept_local", "1"}, {"/rp_filter", "0"}, {"/promote_secondaries", "1"}})
        (void)set_sysctl(v4 + key, value);
    (void)set_sysctl("net/ipv6/conf/" + name + "/accept_dad", "0");
    (void)set_sysctl("net/ipv6/conf/" + name + "/addr_gen_mode", "1");
}

Result<void> add_address(std::uint32_t ifindex, const Address& address) {
    Buffer buffer;
    nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
    header->nlmsg_type = RTM_NEWADDR;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
    auto* body = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifaddrmsg)));
    body->ifa_family = address.is_v4() ? AF_INET : AF_INET6;
    body->ifa_prefixlen = address.is_v4() ? 32 : 128;
    body->ifa_index = ifindex;
    const auto bytes = std::span(address.mapped()).last(address.is_v4() ? 4 : 16);
    mnl_attr_put(header, IFA_LOCAL, bytes.size(), bytes.data());
    mnl_attr_put(header, IFA_ADDRESS, bytes.size(), bytes.data());
    mnl_attr_put_u32(header, IFA_FLAGS, IFA_F_NODAD);
    return ask(header, "cannot add " + address.text() + " to an IPVLAN device");
}

std::string read_file(const std::string& path) {
    std::array<char, 64> text{};
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const ssize_t length = file.valid() ? ::read(file.get(), text.data(), text.size()) : 0;
    std::string result(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    while (!result.empty() && result.back() == '\n') result.pop_back();
    return result;
}

}  // namespace

Result<void> make_vmac(const VmacDevice& device, const net::Link& below, std::uint32_t vrf) {
    Buffer buffer;
    nlmsghdr* header = link_message(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    mnl_attr_put_strz(header, IFLA_IFNAME, device.name.c_str());
    mnl_attr_put_u32(header, IFLA_LINK, below.ifindex);
    if (device.kind == model::VmacUse::Kind::vmac) mnl_attr_put(header, IFLA_ADDRESS, device.mac.size(), device.mac.data());
    if (device.group != 0) mnl_attr_put_u32(header, IFLA_GROUP, device.group);
    if (vrf != 0) mnl_attr_put_u32(header, IFLA_MASTER, vrf);
    put_kind(header, device);
    TRY(ask(header, "cannot make " + device.name + " on " + below.name));
    tune(device.name);
    const std::uint32_t ifindex = ::if_nametoindex(device.name.c_str());
    TRY(set_flags(ifindex, IFF_UP, IFF_UP, "cannot bring up " + device.name));
    if (device.address) TRY(add_address(ifindex, *device.address));
    // A change and its undoing: the kernel does not tell by itself that a macvlan made the device below promiscuous.
    if (device.notify)
        for (const unsigned flags : {unsigned{IFF_ALLMULTI}, 0u}) TRY(set_flags(below.ifindex, flags, IFF_ALLMULTI, "cannot touch " + below.name));
    return {};
}

Result<void> remove_link(std::uint32_t ifindex) {
    Buffer buffer;
    nlmsghdr* header = link_message(buffer, RTM_DELLINK, 0);
    static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(header))->ifi_index = static_cast<int>(ifindex);
    return ask(header, "cannot remove a VMAC device");
}

bool is_vmac(const VmacDevice& device, const net::Link& link, const net::Link& below) {
    if (device.kind == model::VmacUse::Kind::ipvlan) return link.kind == "ipvlan" && link.lower == below.ifindex;
    return link.kind == "macvlan" && link.lower == below.ifindex && link.mac == device.mac;
}

Result<void> set_sysctl(const std::string& name, const std::string& value) {
    const std::string path = "/proc/sys/" + name;
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return refusal("cannot open " + path, errno);
    if (::write(file.get(), value.data(), value.size()) < 0) return refusal("cannot write " + path, errno);
    return {};
}

void Sysctls::change(const std::string& name, const std::string& value) {
    const std::string now = read_file("/proc/sys/" + name);
    if (now.empty() || now == value) return;
    if (set_sysctl(name, value)) before_.try_emplace(name, now);
}

void Sysctls::prepare_below(const std::string& interface) {
    const std::string v4 = "net/ipv4/conf/" + interface;
    for (const char* key : {"/arp_ignore", "/arp_filter"}) change(v4 + key, "1");
    // Answers leave by its route: asking for their receiver in the name of a virtual address would tell the wrong MAC.
    change(v4 + "/arp_announce", "2");
}

void Sysctls::release_all_rp_filter() {
    const std::string all = read_file("/proc/sys/net/ipv4/conf/all/rp_filter");
    if (all != "1" && all != "2") return;
    DIR* folder = ::opendir("/proc/sys/net/ipv4/conf");
    if (folder == nullptr) return;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        if (name == "." || name == ".." || name == "all") continue;
        const std::string key = "net/ipv4/conf/" + name + "/rp_filter";
        if (read_file("/proc/sys/" + key) < all) change(key, all);
    }
    ::closedir(folder);
    change("net/ipv4/conf/all/rp_filter", "0");
}

void Sysctls::restore() {
    for (const auto& [name, value] : std::exchange(before_, {})) (void)set_sysctl(name, value);
}

}  // namespace lvx::vrrp
