// What the daemon holds of the file system: its run directory and the locks that keep a second daemon of the same
// instance, or with the same tables, away.
#pragma once

#include <string>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::daemon {

// Makes the folder of `path` when it is missing (mode 0755).
[[nodiscard]] Result<void> make_folder_of(const std::string& path);

// Locks `path` for as long as the Fd lives and writes our pid into it.  EBUSY: another daemon has it; names its pid.
[[nodiscard]] Result<Fd> lock_instance(const std::string& path);

// Locks the folder itself, where the data plane's pins are: daemons of different sockets may name the same one.  An
// empty Fd when there is no such folder yet.
[[nodiscard]] Result<Fd> lock_folder(const std::string& path);

}  // namespace lvx::daemon
