// vrrp_sync_group and track_group: virtual routers under one name; and what all of them together must satisfy.
#pragma once

#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

void read_sync_group(const Statement& statement, Reading& reading);
void read_track_group(const Statement& statement, Reading& reading);

// When everything is read: virtual routers of one number, weights of members, delays of interfaces; and no name refers to
// a block that was left out for its mistakes (settle_names, vrrp_names.cc).
void settle_routers(Reading& reading);

void settle_names(Reading& reading);

[[nodiscard]] std::vector<std::string_view> group_keywords(Block block);

}  // namespace lvx::config::keepalived
