// static_ipaddress, static_routes, static_rules; garp_group and interface_up_down_delays: blocks that are lists, and have
// no name of their own.
#pragma once

#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

void read_static_addresses(const Statement& statement, Reading& reading);
void read_static_routes(const Statement& statement, Reading& reading);
void read_static_rules(const Statement& statement, Reading& reading);
void read_garp_group(const Statement& statement, Reading& reading);
void read_interface_delays(const Statement& statement, Reading& reading);

[[nodiscard]] std::vector<std::string_view> list_keywords(Block block);

}  // namespace lvx::config::keepalived
