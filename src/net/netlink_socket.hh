// A socket of the kernel's routing messages, as everything that listens to or asks rtnetlink opens it.
#pragma once

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::net {

// Blocking, in no multicast group.
[[nodiscard]] Result<Fd> open_netlink();

}  // namespace lvx::net
