// real_server: a block -> a draft, in which nothing is decided that depends on its virtual server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keepalived/check_reader.hh"
#include "config/keepalived/forward.hh"
#include "config/keepalived/reading.hh"
#include "config/keepalived/timing.hh"

namespace lvx::config::keepalived {

struct ServerDraft {
    Endpoint endpoint;  // port 0: that of the service
    Place place;
    Origin origin;
    std::optional<std::uint32_t> weight;
    std::optional<Forward> forward;
    Place forward_place, lower_place;
    std::uint32_t upper_threshold = 0, lower_threshold = 0;
    std::optional<bool> inhibit, smtp_alert;
    std::optional<model::Command> notify_up, notify_down;
    std::optional<std::string> virtualhost;
    Timing timing;
    std::vector<CheckDraft> checks;
};

// Nothing where the line cannot be used (reported).
[[nodiscard]] std::optional<ServerDraft> read_server(const Statement& statement, Reading& reading);

// "ADDRESS [PORT]" of real_server and sorry_server.
[[nodiscard]] std::optional<Endpoint> read_server_endpoint(const Statement& statement, Reading& reading);

[[nodiscard]] std::vector<std::string_view> server_keywords(Block block);

}  // namespace lvx::config::keepalived
