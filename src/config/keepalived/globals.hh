// global_defs -> model::Globals and the timeouts of the connection table.
#pragma once

#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

void read_globals(const Statement& statement, Reading& reading);

[[nodiscard]] std::vector<std::string_view> globals_keywords(Block block);

}  // namespace lvx::config::keepalived
