// Every value in effect, services first, and where it came from: a line of a file, an override, health, an operator, or
// the default.  Pure.
#pragma once

#include <vector>

#include "api/change.hh"
#include "config/load.hh"
#include "health/view.hh"
#include "model/override.hh"

namespace lvx::daemon {

[[nodiscard]] std::vector<api::Setting> settings_view(const config::Outcome& files, const model::RunState& state, const health::View& view,
                                                      const model::Cluster& effective);

}  // namespace lvx::daemon
