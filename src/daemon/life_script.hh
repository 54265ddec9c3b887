// startup_script and shutdown_script of global_defs: run while nothing else of the daemon runs, so it waits for them.
#pragma once

#include <chrono>

#include "base/result.hh"
#include "model/site.hh"
#include "script/rules.hh"

namespace lvx::daemon {

[[nodiscard]] script::Rules rules_of(const model::Globals& globals);

// The error says how it ended.
[[nodiscard]] Result<void> run_to_end(const model::Command& command, std::chrono::seconds timeout, const script::Rules& rules);

}  // namespace lvx::daemon
