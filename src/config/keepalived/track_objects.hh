// What virtual routers and checks track: vrrp_script, track_file, vrrp_track_process, bfd_instance.
#pragma once

#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

void read_vrrp_script(const Statement& statement, Reading& reading);
void read_track_file(const Statement& statement, Reading& reading);
void read_track_process(const Statement& statement, Reading& reading);
void read_bfd(const Statement& statement, Reading& reading);  // bfd_block.cc

[[nodiscard]] std::vector<std::string_view> track_keywords(Block block);
[[nodiscard]] std::vector<std::string_view> bfd_keywords(Block block);

}  // namespace lvx::config::keepalived
