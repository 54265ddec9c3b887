// The kernel's notices that nftables' rules changed (iptables-nft's, too): netlink group NFNLGRP_NFTABLES.  Which rules is
// not read: everything is looked at again.
#pragma once

#include <memory>

#include "base/result.hh"

struct mnl_socket;

namespace lvx::marks {

class Notices {
 public:
    // Of the network namespace of the calling thread.
    static Result<Notices> open();

    [[nodiscard]] int fd() const;
    // Reads over what came; true when anything did, or was lost.
    [[nodiscard]] bool drain();

 private:
    struct Close { void operator()(mnl_socket* socket) const; };

    explicit Notices(mnl_socket* socket) : socket_(socket) {}

    std::unique_ptr<mnl_socket, Close> socket_;
};

}  // namespace lvx::marks
