// What differs between two texts, line by line, in the unified form of diff(1).
#pragma once

#include <string>
#include <string_view>

namespace lvx {

// Empty when the texts are equal.  Beyond some thousands of differing lines the whole differing part is told as replaced.
[[nodiscard]] std::string unified_diff(std::string_view before_name, std::string_view before, std::string_view after_name,
                                       std::string_view after);

}  // namespace lvx
