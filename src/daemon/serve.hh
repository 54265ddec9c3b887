// The loop of a daemon whose locks, state, tables and netlink socket are at hand: serves until told to end.
#pragma once

#include <memory>

#include "base/log.hh"
#include "base/result.hh"
#include "daemon/beginning.hh"
#include "daemon/options.hh"
#include "daemon/state_store.hh"
#include "dataplane/dataplane.hh"
#include "net/watcher.hh"

namespace lvx::daemon {

[[nodiscard]] Result<void> serve(const Options& options, log::Log& log, StateStore store, Beginning beginning,
                                 std::unique_ptr<dataplane::Dataplane> dataplane, net::Watcher watcher);

}  // namespace lvx::daemon
