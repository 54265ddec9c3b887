// Lines of virtual_routes and static_routes, virtual_rules and static_rules: every word is checked, then they are kept in
// the form "ip route add" and "ip rule add" take.
#pragma once

#include <optional>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

enum class LineOwner : std::uint8_t { instance, director };  // virtual_..., static_...

// Nothing where the line holds a mistake, which is reported.
[[nodiscard]] std::optional<model::RouteLine> read_route_line(const Statement& line, LineOwner owner, Reading& reading);
[[nodiscard]] std::optional<model::RuleLine> read_rule_line(const Statement& line, LineOwner owner, Reading& reading);

}  // namespace lvx::config::keepalived
