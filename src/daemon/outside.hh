// What a daemon takes from the machine before it runs: configuration files with the host's name and the environment, the
// clock, its state on disk.
#pragma once

#include "base/log.hh"
#include "daemon/beginning.hh"
#include "daemon/live_director.hh"
#include "daemon/options.hh"
#include "daemon/state_store.hh"

namespace lvx::daemon {

// as_keepalived: what it silently changes is changed, with a warning.  At a start only.
enum class Tolerance : std::uint8_t { none, as_keepalived };

[[nodiscard]] std::string host_name_up_to_dot();
[[nodiscard]] config::Outcome load_file(const Options& options, Tolerance tolerance, std::uint64_t seed);
[[nodiscard]] Readers readers_for(const Options& options, Tolerance tolerance);
[[nodiscard]] model::WallTime wall_now();
[[nodiscard]] Identity identity_of(const Options& options);
// In memory where the folder cannot be used: a daemon that can keep nothing still serves, and says so.
[[nodiscard]] StateStore store_for(const Options& options, log::Log& log);
[[nodiscard]] Result<Beginning> begin_with(const Options& options, const StateStore& store);
// The command line above the configuration.
[[nodiscard]] dataplane::Sizes sizes_for(const Options& options, const model::DirectorSettings& settings);

}  // namespace lvx::daemon
