// Names of hosts and services as this machine knows them.  Asking a name server is bounded: one try of one second per
// address, and after five seconds altogether the rest is shown as numbers.
#pragma once

#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/print.hh"

namespace lvx::cli::ipvsadm {

[[nodiscard]] config::ipvsadm::Names system_names();
[[nodiscard]] config::ipvsadm::Labels system_labels();

}  // namespace lvx::cli::ipvsadm
