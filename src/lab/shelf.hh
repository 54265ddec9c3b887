// Where laboratories are kept: one folder each below /run/lvx/lab.
//
//   NAME/lock       held by flock() as long as the process lives that made it
//   NAME/kept       is there: the laboratory stays although nobody holds the lock
//   NAME/net/NODE   the node's network namespace
//   NAME/bpf        a BPF file system of its own; what is pinned there goes with it
//   NAME/...        files of its programs
//
// Nothing of the host is touched elsewhere.  A folder neither locked nor kept is what a crash left: it is removed
// when the next laboratory is built.
#pragma once

#include <string>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::lab {

inline constexpr const char* shelf_directory = "/run/lvx/lab";

struct Place {
    std::string directory;
    Fd lock;
};

// Letters, digits, "-", "_" and ".", 1 to 32 of them, not beginning with ".".
[[nodiscard]] bool is_laboratory_name(const std::string& name);

// The folder with its lock held; EEXIST when there is one of this name.
[[nodiscard]] Result<Place> make_place(const std::string& name);
[[nodiscard]] Result<void> mount_bpf(const std::string& directory);
[[nodiscard]] Result<void> mark_kept(const std::string& directory);

[[nodiscard]] bool exists(const std::string& name);
[[nodiscard]] bool is_kept(const std::string& name);
// Kills what runs in its namespaces, unmounts, deletes.  Nothing to remove is no error.
[[nodiscard]] Result<void> remove(const std::string& name);
// Removes what crashes left behind; names what was removed.
std::vector<std::string> remove_stale();

// Processes of the namespaces of the laboratory in `directory`.
[[nodiscard]] std::vector<int> inhabitants(const std::string& directory);
// Those of one network namespace; `network_namespace`: its descriptor.
[[nodiscard]] std::vector<int> inhabitants_of(int network_namespace);

}  // namespace lvx::lab
