// JSON and the metrics page are UTF-8; file names, interface names and lines of a configuration need not be.
#pragma once

#include <string>
#include <string_view>

namespace lvx::api {

// Every byte that belongs to no well-formed sequence (RFC 3629, part 4) becomes U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

}  // namespace lvx::api
