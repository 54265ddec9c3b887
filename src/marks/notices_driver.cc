#include "marks/notices_driver.hh"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace lvx::marks {

namespace {

constexpr int reads_of_a_step = 256;  // further notices wait for the next one

}  // namespace

void Notices::Close::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

Result<Notices> Notices::open() {
    mnl_socket* const socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket == nullptr) return refusal("no notices of netfilter's rules", errno, "they are looked at when the configuration is reloaded");
    Notices notices(socket);
    int group = NFNLGRP_NFTABLES;
    const bool joined = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 && mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
    if (!joined) return refusal("no notices of netfilter's rules", errno, "they are looked at when the configuration is reloaded");
    return notices;
}

int Notices::fd() const { return mnl_socket_get_fd(socket_.get()); }

bool Notices::drain() {
    std::array<char, 8192> message;
    bool any = false;
    for (int i = 0; i < reads_of_a_step; ++i) {
        const ssize_t got = mnl_socket_recvfrom(socket_.get(), message.data(), message.size());
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return any;
        any = true;  // a notice, one too long for the buffer (ENOSPC), or the word that some were lost (ENOBUFS)
    }
    return any;
}

}  // namespace lvx::marks
