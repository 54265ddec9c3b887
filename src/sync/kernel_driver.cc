#include "sync/kernel_driver.hh"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace lvx::sync {
namespace {

constexpr int socket_buffer = 4 << 20;
constexpr int ethernet_mtu = 1500, udp_over_v4 = 28, udp_over_v6 = 48;
constexpr int shortest_received = 1024, longest_packet = 65535;

union AnyAddress {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

socklen_t fill(AnyAddress& to, const Address& address, Port port, unsigned scope) {
    std::memset(&to, 0, sizeof to);
    if (address.is_v4()) {
        to.v4.sin_family = AF_INET;
        to.v4.sin_port = htons(port);
        to.v4.sin_addr.s_addr = htonl(address.v4_value());
        return sizeof to.v4;
    }
    to.v6.sin6_family = AF_INET6;
    to.v6.sin6_port = htons(port);
    to.v6.sin6_scope_id = scope;
    std::memcpy(&to.v6.sin6_addr, address.mapped().data(), sizeof to.v6.sin6_addr);
    return sizeof to.v6;
}

// The interface's first address of IPv4: what the kernel's master sends from.
Result<Address> source_of(const std::string& interface) {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return refusal("cannot list addresses", errno);
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
    for (const ifaddrs* one = list; one; one = one->ifa_next)
        if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET && interface == one->ifa_name)
            return Address::v4(ntohl(reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr.s_addr));
    return refusal("cannot send synchronisation messages from " + interface + ": it has no IPv4 address", EADDRNOTAVAIL);
}

Result<unsigned> index_of(const std::string& interface) {
    const unsigned index = ::if_nametoindex(interface.c_str());
    if (index == 0) return refusal("cannot synchronise on interface " + interface, ENODEV);
    return index;
}

int mtu_of(int socket, const std::string& interface) {
    ifreq request{};
    std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
    if (::ioctl(socket, SIOCGIFMTU, &request) != 0 || request.ifr_mtu < 576) return ethernet_mtu;
    return std::min(request.ifr_mtu, longest_packet);
}

Result<Fd> udp_socket(const Address& group) {
    Fd fd(::socket(group.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return refusal("cannot make a socket for synchronisation messages", errno);
    return fd;
}

template <class Value>
bool set_option(const Fd& fd, int level, int option, const Value& value) {
    return ::setsockopt(fd.get(), level, option, &value, sizeof value) == 0;
}

bool aim(const Fd& fd, const KernelRole& role, unsigned index) {
    const int off = 0;
    if (!role.group.is_v4())
        return set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index) && set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, off) &&
               set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, int{role.ttl});
    ip_mreqn request{};
    request.imr_ifindex = static_cast<int>(index);
    return set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, request) && set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, off) &&
           set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, int{role.ttl});
}

Result<Fd> sender(const KernelRole& role, std::uint32_t number) {
    const unsigned index = TRY(index_of(role.interface));
    Fd fd = TRY(udp_socket(role.group));
    AnyAddress address;
    if (!aim(fd, role, index)) return refusal("cannot send to the synchronisation group on " + role.interface, errno);
    set_option(fd, SOL_SOCKET, SO_SNDBUF, socket_buffer);
    if (role.group.is_v4()) {
        const socklen_t size = fill(address, TRY(source_of(role.interface)), 0, 0);
        if (::bind(fd.get(), &address.any, size) != 0) return refusal("cannot send from " + role.interface, errno);
    }
    const socklen_t size = fill(address, role.group, static_cast<Port>(role.port + number), index);
    if (::connect(fd.get(), &address.any, size) != 0)
        return refusal("cannot send to the synchronisation group " + role.group.text(), errno);
    return fd;
}

bool join(const Fd& fd, const KernelRole& role, unsigned index) {
    if (role.group.is_v4()) {
        ip_mreqn request{};
        request.imr_multiaddr.s_addr = htonl(role.group.v4_value());
        request.imr_ifindex = static_cast<int>(index);
        return set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request);
    }
    ipv6_mreq request{};
    std::memcpy(&request.ipv6mr_multiaddr, role.group.mapped().data(), sizeof request.ipv6mr_multiaddr);
    request.ipv6mr_interface = index;
    return set_option(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, request);
}

Result<Fd> receiver(const KernelRole& role, std::uint32_t number) {
    const unsigned index = TRY(index_of(role.interface));
    Fd fd = TRY(udp_socket(role.group));
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, int{1});
    set_option(fd, SOL_SOCKET, SO_RCVBUF, socket_buffer);
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, role.interface.c_str(), static_cast<socklen_t>(role.interface.size())) != 0)
        return refusal("cannot receive on " + role.interface, errno);
    AnyAddress address;
    const socklen_t size = fill(address, role.group, static_cast<Port>(role.port + number), index);
    if (::bind(fd.get(), &address.any, size) != 0 || !join(fd, role, index))
        return refusal("cannot join the synchronisation group " + role.group.text() + " on " + role.interface, errno);
    return fd;
}

// IPVS's defaults and bounds; a backup listens for what a master on the same interface may send.
enum class Direction : std::uint8_t { sends, receives };
void settle(std::optional<KernelRole>& role, Direction direction) {
    if (!role) return;
    if (role->group == Address{}) role->group = Address::v4(default_group);
    const Fd probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int header = role->group.is_v4() ? udp_over_v4 : udp_over_v6;
    const bool receives = direction == Direction::receives;
    const int mtu = receives ? std::max(mtu_of(probe.get(), role->interface), ethernet_mtu) : ethernet_mtu;
    const int wanted = role->max_length == 0 ? mtu - header : role->max_length;
    role->max_length = static_cast<std::uint16_t>(std::clamp(wanted, receives ? shortest_received : 1, longest_packet - header));
}

}  // namespace

KernelSync::KernelSync(const TableSide& table, std::uint32_t* told_packets) : table_(table), told_packets_(told_packets) { count_packets(); }

KernelSync::~KernelSync() {
    master_.reset();
    count_packets();
}

// Only while a master wants to know: nobody else pays for it.
void KernelSync::count_packets() {
    if (told_packets_) __atomic_store_n(told_packets_, master_ ? told_packets(settings_.tuning) : 0u, __ATOMIC_RELEASE);
}

Result<void> KernelSync::set(const KernelSettings& wanted, const Moment& moment) {
    KernelSettings settings = wanted;
    settle(settings.master, Direction::sends);
    settle(settings.backup, Direction::receives);
    const std::uint32_t ports = std::max(settings.tuning.ports, 1u);
    const bool tuned = settings.tuning != settings_.tuning;
    std::vector<Fd> out, in;
    const bool new_master = tuned || settings.master != settings_.master, new_backup = tuned || settings.backup != settings_.backup;
    for (std::uint32_t number = 0; number < ports; ++number) {
        if (new_master && settings.master) out.push_back(TRY(sender(*settings.master, number)));
        if (new_backup && settings.backup) in.push_back(TRY(receiver(*settings.backup, number)));
    }
    if (new_master) {
        out_ = std::move(out);
        master_.reset();
        if (settings.master) master_.emplace(table_, settings.tuning, settings.master->sync_id, settings.master->max_length, moment);
    }
    if (new_backup) {
        in_ = std::move(in);
        backup_.reset();
        if (settings.backup) backup_.emplace(table_, settings.backup->sync_id);
    }
    settings_ = settings;
    count_packets();
    return {};
}

void KernelSync::note(const Marked& marked) {
    if (!master_) return;
    for (const std::uint32_t slot : marked.changed) master_->note(slot);
    for (const std::uint32_t slot : marked.counted) master_->note_counted(slot);
}

void KernelSync::work(const Moment& moment) {
    for (const Fd& socket : in_) receive(socket, moment);
    if (!master_) return;
    for (const Datagram& datagram : master_->diff(moment))
        if (::send(out_[datagram.port].get(), datagram.bytes.data(), datagram.bytes.size(), MSG_DONTWAIT) < 0) ++unsent_;
}

void KernelSync::receive(const Fd& socket, const Moment& moment) {
    constexpr int most_at_once = 256;
    std::array<std::uint8_t, 65536> buffer;
    for (int i = 0; i < most_at_once; ++i) {
        const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0) return;
        for (const Placed& placed : backup_->apply(std::span(buffer).first(static_cast<std::size_t>(size)), moment)) {
            if (master_) master_->know(placed);
            table_.count_from(placed.slot, static_cast<std::uint16_t>(settings_.tuning.threshold));  // as in IPVS
        }
    }
}

void KernelSync::collect(std::vector<pollfd>& polls) const {
    for (const Fd& socket : in_) polls.push_back({.fd = socket.get(), .events = POLLIN, .revents = 0});
}

KernelStatus KernelSync::status() const {
    KernelStatus status{.settings = settings_};
    if (master_) status.sent = master_->counters();
    status.sent.not_carried += unsent_;
    if (backup_) status.received = backup_->counters();
    return status;
}

}  // namespace lvx::sync
