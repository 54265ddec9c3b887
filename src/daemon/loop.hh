// Runs a daemon: opens everything, serves until told to end, closes everything.
#pragma once

#include "base/log.hh"
#include "daemon/options.hh"

namespace lvx::daemon {

// Exit statuses of sysexits(3), so that scripts can tell refusals apart.
enum class Exit { success = 0, usage = 64, unavailable = 69, machine = 71, no_permission = 77, configuration = 78 };

[[nodiscard]] Exit run(const Options& options, log::Log& log);

// Reads the file and says what is wrong with it on standard error.
[[nodiscard]] Exit check(const Options& options);

}  // namespace lvx::daemon
