// The folder of a bpffs in which the data plane stays while no daemon runs:
//
//   DIRECTORY/map_NAME          every map; map_root is made last and says that the others are complete
//   DIRECTORY/program_NAME      the programs
//   DIRECTORY/link_IFINDEX      an XDP link
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::dataplane {

class Pins {
 public:
    // Makes the folder; mounts a bpffs where none is: at /sys/fs/bpf, or on the folder's parent elsewhere.
    static Result<Pins> open(const std::string& directory);

    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] Result<Fd> get(std::string_view name) const;
    // Replaces an older pin of that name.
    [[nodiscard]] Result<void> put(std::string_view name, int fd) const;
    void remove(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> names() const;
    // Removes every pin, the folder, its empty parent below the mount, and the mount when this object made it.
    void remove_all() const;

 private:
    [[nodiscard]] std::string path(std::string_view name) const;

    std::string directory_;
    std::string mounted_;  // where open() mounted a bpffs, or ""
};

}  // namespace lvx::dataplane
