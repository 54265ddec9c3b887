// Network namespaces: made without a name, entered for the length of a call.
#pragma once

#include <functional>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::net {

// A new one that lives as long as somebody holds its descriptor, a process in it or a mount of it.  The caller stays where
// it is.
[[nodiscard]] Result<Fd> new_namespace();

// Runs `work` with the calling thread inside the namespace.  Sockets made there stay in it.
[[nodiscard]] Result<void> inside(int network_namespace, const std::function<Result<void>()>& work);

}  // namespace lvx::net
