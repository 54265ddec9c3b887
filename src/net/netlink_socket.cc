#include "net/netlink_socket.hh"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

namespace lvx::net {

Result<Fd> open_netlink() {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket.valid()) return refusal("cannot open a netlink socket", errno);
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        return refusal("cannot bind a netlink socket", errno);
    return socket;
}

}  // namespace lvx::net
