// The manual page lvx.conf(5), made of the table of keywords and a text about the language.  docs/man/lvx.conf.5 is this;
// a test says when it is not.
#pragma once

#include <string>
#include <string_view>

namespace lvx::config {

[[nodiscard]] std::string manual_page();

// What stands before the keywords, as man(7) (manual_text.cc).
[[nodiscard]] std::string_view manual_text();

}  // namespace lvx::config
