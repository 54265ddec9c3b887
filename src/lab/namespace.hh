// Network namespaces as files: made, kept by a bind mount, entered for the length of a call.  /sys is not mounted
// anew on entering (as `ip netns exec` does), so pins of a BPF file system stay in sight.
#pragma once

#include <string>

#include "base/fd.hh"
#include "base/result.hh"
#include "net/namespace_driver.hh"

namespace lvx::lab {

// A new namespace, held by a bind mount on `path` (an empty file is made there).
[[nodiscard]] Result<Fd> make_namespace(const std::string& path);
[[nodiscard]] Result<Fd> open_namespace(const std::string& path);

using net::inside;

// "net/ipv4/ip_forward" of the namespace the calling thread is in.
[[nodiscard]] Result<void> set_sysctl(const std::string& name, const std::string& value);

}  // namespace lvx::lab
