// Times as people write them: "90", "90s", "5m", "2h", "1d", "1h30m".
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace lvx::cli {

// More than nothing and up to ten years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace lvx::cli
