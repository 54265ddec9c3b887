// Scopes of addresses and routes: names as iproute2 has them, numbers as rtnetlink does (RT_SCOPE_*).
#pragma once

#include <cstdint>
#include <optional>

#include "config/keepalived/line_cursor.hh"

namespace lvx::config::keepalived {

// The argument of "scope".
[[nodiscard]] std::optional<std::uint8_t> read_scope(LineCursor& words);

}  // namespace lvx::config::keepalived
