// What a daemon does beside packets: checks, notifications, scripts, packets of BFD that belong to nobody.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lvx::api {

struct WorkCount {
    std::string of, name;         // "notify", "lines_lost"
    std::uint64_t count = 0;
    bool operator==(const WorkCount&) const = default;
};

struct WorkCounts {
    std::vector<WorkCount> checks;
    std::uint64_t maintenance_names_left_out = 0;  // now
    std::vector<WorkCount> notifications, scripts, bfd_refused;
    bool operator==(const WorkCounts&) const = default;
};

}  // namespace lvx::api
