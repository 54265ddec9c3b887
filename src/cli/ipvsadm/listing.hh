// What "ipvsadm -L" prints, byte for byte, as pure functions of snapshots.  The layout is that of ipvsadm 1.31, its
// cut-off names and shifted columns of IPv6 included, since people's scripts read columns.  Its wrong numbers are not
// kept: counters of real servers do not wrap at 2^32, and marks above 2^31 are not shown negative.
#pragma once

#include <string>

#include "api/snapshot.hh"
#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/print.hh"

namespace lvx::cli::ipvsadm {

using config::ipvsadm::Labels;
using config::ipvsadm::List;

// Title and all services, or the one service that `list` names (which must be among them).
[[nodiscard]] std::string list_services(const api::ServicesSnapshot& snapshot, const List& list, const Labels& labels);

// "-Lc": the title, then one line for each connection.
[[nodiscard]] std::string connections_title(const List& list);
[[nodiscard]] std::string connection_line(const api::ConnectionSnapshot& connection, const Labels& labels);

// "-L --timeout".
[[nodiscard]] std::string timeouts_line(const model::Timeouts& timeouts);

}  // namespace lvx::cli::ipvsadm
