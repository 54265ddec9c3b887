// Panels of bars as SVG 1.1, to be opened by any browser.
#pragma once

#include <string>
#include <vector>

#include "figures.hh"

namespace lvx::bench {

[[nodiscard]] std::string drawing(const std::vector<Panel>& panels);

}  // namespace lvx::bench
