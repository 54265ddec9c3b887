// Network namespaces as files: made, entered for the length of a call, kept by a bind mount.  /sys is not mounted
// anew on entering (as `ip netns exec` does), so pins of a BPF file system stay in sight.
#pragma once

#include <functional>
#include <string>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::lab {

// A new namespace, held by a bind mount on `path` (an empty file is made there).
[[nodiscard]] Result<Fd> make_namespace(const std::string& path);
[[nodiscard]] Result<Fd> open_namespace(const std::string& path);

// Runs `work` with the calling thread inside the namespace.  Sockets made there stay in it.
[[nodiscard]] Result<void> inside(int network_namespace, const std::function<Result<void>()>& work);

// "net/ipv4/ip_forward" of the namespace the calling thread is in.
[[nodiscard]] Result<void> set_sysctl(const std::string& name, const std::string& value);

}  // namespace lvx::lab
