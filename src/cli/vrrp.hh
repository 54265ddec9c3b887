// What "lvx vrrp" prints.  Pure.
#pragma once

#include <string>

#include "api/vrrp.hh"

namespace lvx::cli {

[[nodiscard]] std::string vrrp_text(const api::VrrpSnapshot& snapshot);

}  // namespace lvx::cli
