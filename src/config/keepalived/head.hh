// The line that opens a virtual_server: what is served.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

struct Head {
    std::string name;                         // as written: "192.168.88.23 80", "fwmark 7", "group NAME"
    std::string group;                        // the name of a virtual_server_group, or ""
    std::vector<model::ServiceKey> services;  // their protocol is to be said by the block; of marks it is ip
};

// ADDRESS [PORT], "fwmark" MARK [inet|inet6], "group" NAME; nothing where the line cannot be used (reported).
[[nodiscard]] std::optional<Head> read_head(const Statement& statement, Reading& reading);

// "fwmark" MARK [inet|inet6] from word `at` on.
[[nodiscard]] std::optional<model::ServiceKey> read_mark(const Statement& statement, std::size_t at, Diagnostics& diagnostics);

// A word that nobody asked for.
void surplus(const Word& word, Diagnostics& diagnostics);

}  // namespace lvx::config::keepalived
