// All threads of a process but those of one name held for as long as this lives, by ptrace: what stalls a daemon's other
// threads stalls them no longer than they can be.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace lvx::cluster {

class Stall {
 public:
    Stall(pid_t process, std::string_view spared);
    Stall(const Stall&) = delete;
    ~Stall();

    [[nodiscard]] std::size_t threads() const { return held_.size(); }

 private:
    std::vector<pid_t> held_;
};

}  // namespace lvx::cluster
