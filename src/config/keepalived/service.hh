// virtual_server: statements -> a pool and its services.  Read by service_block.cc, decided by service_settle.cc.
#pragma once

#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

// Adds the pool and the services of one virtual_server statement to the site, with places and diagnostics.
void read_virtual_server(const Statement& statement, Reading& reading);

// The keywords with a reader here, by their name of today: the table of keywords says the same (tested).
[[nodiscard]] std::vector<std::string_view> service_keywords(Block block);

}  // namespace lvx::config::keepalived
