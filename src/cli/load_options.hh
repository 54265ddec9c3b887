// With what a configuration file is read here, without the daemon: this host's name and this process's environment.
#pragma once

#include "config/options.hh"

namespace lvx::cli {

[[nodiscard]] config::Options load_options();

}  // namespace lvx::cli
