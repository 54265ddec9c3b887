// `lvx failover --drill`: hands a virtual router over and takes it back while test clients look on, and says what they
// saw.  Exit status 0 only if nothing was lost.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/client.hh"
#include "api/sync.hh"
#include "cli/usage.hh"
#include "lab/drill_traffic.hh"

namespace lvx::cli {

// What was seen of one of the two hand-overs.
struct DrillPassage {
    std::chrono::microseconds time{0};   // from the order until another was master, or we were again
    std::uint64_t at_risk = 0;           // connections that were on no standby when it was ordered
    std::optional<lab::DrillReport> clients;
    [[nodiscard]] bool lossless() const { return at_risk == 0 && (!clients || (clients->lost == 0 && clients->failed == 0)); }
};

// Why a drill cannot begin; "" = it can.
[[nodiscard]] std::string drill_obstacle(const api::VrrpSnapshot& vrrp, const std::string& instance, const api::SyncSnapshot& sync);
// The only instance this director is master of, where none is named.
[[nodiscard]] std::string drill_instance(const api::VrrpSnapshot& vrrp, const std::string& named);
[[nodiscard]] std::string passage_text(std::string_view what, const DrillPassage& passage);

// What is wrong with the words, before a daemon is asked; "" = nothing.
[[nodiscard]] std::string drill_misuse(const Invocation& invocation);

struct DrillSurroundings {
    std::function<Result<api::Client>()> connect;
    std::function<void(std::string_view)> out, error;
};

[[nodiscard]] int run_drill(const Invocation& invocation, const DrillSurroundings& surroundings);

}  // namespace lvx::cli
