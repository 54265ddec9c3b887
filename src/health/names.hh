// What checks are called in the log and in `lvx checks`.  Pure.  (Names of servers and services: notify/notice.hh.)
#pragma once

#include <string>
#include <string_view>

#include "model/watch.hh"

namespace lvx::health {

[[nodiscard]] std::string_view kind_name(const model::Check& check);     // the block's keyword: "TCP_CHECK"
[[nodiscard]] std::string target_text(const model::Check& check);        // "10.0.0.2:80/index.html", or a command
[[nodiscard]] std::string_view result_subject(const model::Check& check);  // "TCP connection", of events check_*

[[nodiscard]] std::string pool_text(const model::Pool& pool);              // as the commands name a service: its key, or "group NAME"
[[nodiscard]] model::Protocol protocol_of(const model::Pool& pool);       // of its servers' names: a firewall mark's are TCP

}  // namespace lvx::health
