// All blocks of the top level and who reads them, in the order in which they are read: settings first, since other blocks
// take defaults from them, then what services and routers refer to, then these.
#pragma once

#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

// Statements of the top level -> outcome.site, with places and diagnostics.
void read_site(const std::vector<Statement>& statements, const Reader& files, const Options& options, Outcome& outcome);

// The keywords of a block with a reader, by their name of today: the table of keywords says the same (tested).
[[nodiscard]] std::vector<std::string_view> keywords_read(Block block);

}  // namespace lvx::config::keepalived
