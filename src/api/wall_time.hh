// Times of the calendar as RFC 3339 text in UTC, to the second.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/override.hh"

namespace lvx::api {

[[nodiscard]] std::string wall_time_text(model::WallTime time);  // "2026-11-22T14:00:00Z"
[[nodiscard]] std::optional<model::WallTime> parse_wall_time(std::string_view text);

}  // namespace lvx::api
