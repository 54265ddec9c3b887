// Commands about changes: config show, plan, apply, …; override; drain, enable, disable, weight.
#pragma once

#include <functional>
#include <string_view>

#include "api/client.hh"
#include "cli/usage.hh"

namespace lvx::cli {

// All that these commands meet of the world, besides files.
struct ChangeSurroundings {
    std::function<Result<api::Client>()> connect;
    std::function<void(std::string_view)> out, error;
    std::function<void(std::chrono::milliseconds)> pause;  // between two looks at a server that drains
};

[[nodiscard]] bool is_about_changes(CommandId command);
// The result is the exit status.
[[nodiscard]] int run_change(const Invocation& invocation, const ChangeSurroundings& surroundings);

}  // namespace lvx::cli
