// startup_script and shutdown_script of global_defs: run while nothing else of the daemon runs, so it waits for them.
#pragma once

#include <chrono>
#include <optional>

#include "base/result.hh"
#include "model/event.hh"
#include "model/site.hh"
#include "script/rules.hh"

namespace lvx::daemon {

[[nodiscard]] script::Rules rules_of(const model::Globals& globals);

// The error says how it ended.
[[nodiscard]] Result<void> run_to_end(const model::Command& command, std::chrono::seconds timeout, const script::Rules& rules);

// What failed, if there is a script and it did; that keeps nothing from going on, as under keepalived.
[[nodiscard]] std::optional<model::Event> run_startup_script(const model::Globals& globals);
[[nodiscard]] std::optional<model::Event> run_shutdown_script(const model::Globals& globals);

}  // namespace lvx::daemon
