// The checks of a real server: a block -> a draft, and, when its real server and virtual server are known, a complete
// model::Check.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keepalived/check_draft.hh"

namespace lvx::config::keepalived {

// Reads the block of a check: TCP_CHECK, HTTP_GET ...; nothing where it cannot be used (reported).
[[nodiscard]] std::optional<CheckDraft> read_check(const Statement& statement, Reading& reading);
// The keywords of real_server that open a check.
[[nodiscard]] std::vector<std::string_view> check_names();

// What the check takes from the blocks around it.
struct CheckSurroundings {
    Endpoint server;          // port 0: not known
    Timing timing;            // of the real server, with that of the virtual server
    std::string virtualhost;  // the same
    bool log_all_failures = false;
    model::ServiceKey service;  // the pool's first
    bool through = false;       // check_through virtual, of the virtual server
};

// A check per "host" block, else one.
[[nodiscard]] std::vector<model::Check> settled_checks(const CheckDraft& draft, const CheckSurroundings& around, Reading& reading);

[[nodiscard]] std::vector<std::string_view> check_keywords(Block block);

}  // namespace lvx::config::keepalived
