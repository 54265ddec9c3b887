// The command marks: which packets carry which firewall mark, and what is not followed.
#pragma once

#include <string>

#include "api/marks.hh"

namespace lvx::cli {

[[nodiscard]] std::string marks_text(const api::MarksSnapshot& marks);

}  // namespace lvx::cli
