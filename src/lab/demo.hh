// `lvx demo`: the classic laboratory for people and scripts.
#pragma once

#include <span>
#include <string_view>

namespace lvx::lab {

// The words after "lvx demo"; returns the exit status.
[[nodiscard]] int demo_main(std::span<const std::string_view> arguments);

}  // namespace lvx::lab
