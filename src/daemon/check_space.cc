#include "daemon/check_space.hh"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/links_driver.hh"
#include "net/namespace_driver.hh"
#include "net/offload_driver.hh"

namespace lvx::daemon {
namespace {

constexpr const char* inner_name = "check";
// The two numbers must differ (net/links_driver.hh says why).  The outer one is nobody else's: it has this process's in it.
constexpr std::uint32_t inner_ifindex = 0x6c7678;
std::uint32_t outer_ifindex() { return 0x40000000U | static_cast<std::uint32_t>(::getpid()); }
constexpr std::uint32_t mtu = 1500;

Result<net::Mac> mac_of(const char* device) {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strncpy(request.ifr_name, device, sizeof request.ifr_name - 1);
    if (!socket.valid() || ::ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0) return refusal(std::string("cannot read the address of ") + device, errno);
    net::Mac mac;
    std::memcpy(mac.data(), request.ifr_hwaddr.sa_data, mac.size());
    return mac;
}

net::Prefix everything(const Address& like) { return {like.is_v4() ? Address::v4(0) : Address::v6({}), 0}; }
net::Prefix pair_of(const Address& address) { return {address, static_cast<std::uint8_t>(address.is_v4() ? 31 : 127)}; }

Result<void> furnish(CheckSpace& space) {
    auto links = TRY(net::Rtnetlink::open());
    TRY(net::set_feature(inner_name, net::Feature::generic_receive, net::Switch::on));  // takes what XDP redirects to it
    for (const Address& client : space.clients) TRY(links.add_address(inner_ifindex, pair_of(client)));
    TRY(links.bring_up(inner_ifindex, mtu));
    for (const Address& client : space.clients) TRY(links.add_route(everything(client), check_gateway(client)));
    space.station = TRY(mac_of(inner_name));
    return {};
}

// Of a daemon that was killed: its namespace may still be on its way out.
void remove_leftover(net::Rtnetlink& links, const std::string& interface) { (void)links.remove(interface); }

}  // namespace

std::string check_interface(const std::string& instance) {
    constexpr std::size_t longest = IFNAMSIZ - 1;
    return instance == "main" ? "lvx-check" : ("lvxc-" + instance).substr(0, longest);
}

Address check_gateway(const Address& client) {
    std::array<std::uint8_t, 16> bytes = client.mapped();
    bytes.back() ^= 1;
    return Address::from_mapped(bytes);
}

Result<CheckSpace> make_check_space(const std::string& interface, const std::vector<Address>& clients) {
    CheckSpace space{.network_namespace = TRY(net::new_namespace()), .interface = interface, .clients = clients};
    auto links = TRY(net::Rtnetlink::open());
    remove_leftover(links, interface);
    TRY(links.add_veth({interface, outer_ifindex()}, {inner_name, inner_ifindex}, space.network_namespace.get()));
    space.ifindex = outer_ifindex();
    for (const Address& client : clients) TRY(links.add_address(space.ifindex, pair_of(check_gateway(client))));
    TRY(links.bring_up(space.ifindex, mtu));
    TRY(net::inside(space.network_namespace.get(), [&space] { return furnish(space); }));
    return space;
}

}  // namespace lvx::daemon
