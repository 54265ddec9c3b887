// What the commands about changes print for people, as pure functions of the daemon's answers.
#pragma once

#include <string>
#include <vector>

#include "api/change.hh"

namespace lvx::cli {

[[nodiscard]] std::string plan_text(const api::PlanOutcome& plan, const std::string& file);
[[nodiscard]] std::string applied_text(const api::ApplyOutcome& outcome);
[[nodiscard]] std::string history_text(const std::vector<api::HistoryEntry>& history);
[[nodiscard]] std::string overrides_text(const api::OverridesSnapshot& overrides);
[[nodiscard]] std::string configuration_text(const api::ConfigurationView& view);
[[nodiscard]] std::string servers_text(const api::ServersOutcome& outcome);

}  // namespace lvx::cli
