// The line that opens a virtual_server: what is served.
#pragma once

#include <optional>

#include "config/diagnostic.hh"
#include "config/tree.hh"
#include "model/model.hh"

namespace lvx::config::keepalived {

struct Head {
    model::ServiceKey key;  // its protocol is that of services which name none
    bool is_v6 = false;     // of a mark: "fwmark 7 inet6"
};

// ADDRESS [PORT], "fwmark" MARK [inet|inet6]; nothing where the line cannot be used.
[[nodiscard]] std::optional<Head> read_head(const Statement& statement, Diagnostics& diagnostics);

// A word that nobody asked for.
void surplus(const Word& word, Diagnostics& diagnostics);

}  // namespace lvx::config::keepalived
