#include "net/offload_driver.hh"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/fd.hh"

namespace lvx::net {
namespace {

Result<std::uint32_t> ask(int socket, const std::string& device, std::uint32_t command, std::uint32_t value) {
    ethtool_value request{.cmd = command, .data = value};
    ifreq carrier{};
    std::memcpy(carrier.ifr_name, device.c_str(), std::min(device.size(), sizeof carrier.ifr_name - 1));
    carrier.ifr_data = reinterpret_cast<char*>(&request);
    if (ioctl(socket, SIOCETHTOOL, &carrier) != 0) {
        return refusal(fmt::format("cannot ask ethtool request {:#x} of {}", command, device), errno);
    }
    return request.data;
}

Result<void> set_flag(int socket, const std::string& device, std::uint32_t flag, Switch position) {
    const std::uint32_t before = TRY(ask(socket, device, ETHTOOL_GFLAGS, 0));
    const std::uint32_t after = position == Switch::on ? before | flag : before & ~flag;
    TRY(ask(socket, device, ETHTOOL_SFLAGS, after));
    return {};
}

}  // namespace

Result<void> set_feature(const std::string& device, Feature feature, Switch position) {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return refusal("cannot open a socket for ethtool", errno);
    const std::uint32_t value = position == Switch::on ? 1 : 0;
    switch (feature) {
        case Feature::transmit_checksum: TRY(ask(socket.get(), device, ETHTOOL_STXCSUM, value)); break;
        case Feature::generic_receive: TRY(ask(socket.get(), device, ETHTOOL_SGRO, value)); break;
        case Feature::transmit_vlan: TRY(set_flag(socket.get(), device, ETH_FLAG_TXVLAN, position)); break;
    }
    return {};
}

}  // namespace lvx::net
