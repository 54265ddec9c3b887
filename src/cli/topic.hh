// "lvx help WORD": a command, a keyword of the configuration, or both.  Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace lvx::cli {

// The error says what was near, with a line end.
[[nodiscard]] std::expected<std::string, std::string> help_about(std::string_view name);

}  // namespace lvx::cli
