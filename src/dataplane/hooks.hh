// The two ways a program hangs at an interface, and what to do when the kernel refuses one.
#pragma once

#include <string>

#include "base/fd.hh"
#include "base/result.hh"
#include "net/world.hh"

namespace lvx::dataplane {

// The link; packets flow as long as it (or its pin) lives.  EBUSY: another XDP program is there, named; EOPNOTSUPP:
// the driver has no native XDP; ENODEV: the interface is gone.
[[nodiscard]] Result<Fd> attach_xdp(std::uint32_t ifindex, const std::string& name, net::Hook hook, const Fd& program);

// Attaches at tc ingress, or replaces our filter that is there; true when the clsact qdisc had to be made.
[[nodiscard]] Result<bool> attach_filter(std::uint32_t ifindex, const std::string& name, const Fd& program);
void detach_filter(std::uint32_t ifindex, bool qdisc_made);

// Whether the program still hangs there: an interface may have gone and come back, or an administrator removed the
// filter.  `link` is invalid for tc.
[[nodiscard]] bool still_attached(std::uint32_t ifindex, const Fd& link);

}  // namespace lvx::dataplane
