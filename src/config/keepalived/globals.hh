// global_defs -> model::Globals, the timeouts of the connection table, and what virtual routers take as their defaults.
#pragma once

#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

// "[tcp S] [tcpfin S] [udp S]" of lvs_timeouts and of the block director; 0 keeps the default.
void read_timeouts(const Statement& statement, Reading& reading);

void read_globals(const Statement& statement, Reading& reading);
// The part for virtual routers (globals_vrrp.cc).
void read_vrrp_globals(const Statement& statement, Reading& reading);

// Root keyword linkbeat_use_polling's kin: lvs_sync_daemon's words, also of a virtual router's old keyword for it.
void read_sync_daemon(const Statement& statement, Reading& reading);

[[nodiscard]] std::vector<std::string_view> globals_keywords(Block block);
[[nodiscard]] std::vector<std::string_view> vrrp_globals_keywords(Block block);

}  // namespace lvx::config::keepalived
