// Blocks that only lvx has: director, director_sync; and SSL, the certificates of checks.
#pragma once

#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

void read_director(const Statement& statement, Reading& reading);
void read_director_sync(const Statement& statement, Reading& reading);
void read_ssl(const Statement& statement, Reading& reading);

[[nodiscard]] std::vector<std::string_view> director_keywords(Block block);

}  // namespace lvx::config::keepalived
