// virtual_server_group: addresses, ranges, networks and marks that share one set of real servers.
#pragma once

#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

inline constexpr std::size_t most_of_a_range = 4096;  // services that one line may make

// A service but for its protocol, which the virtual_server says.
struct GroupMember {
    model::ServiceKey key;
    Place place;
};

// The members of a group, in the order of the text, each once.
[[nodiscard]] std::vector<GroupMember> group_members(const Statement& group, Diagnostics& diagnostics);

// A block of the top level: says what is wrong with it.
void read_group(const Statement& statement, Reading& reading);

}  // namespace lvx::config::keepalived
