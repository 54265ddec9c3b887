// What lvx's own commands print for people, as pure functions of snapshots.  Layouts may change; scripts use --json.
#pragma once

#include <string>
#include <vector>

#include "api/snapshot.hh"

namespace lvx::cli {

[[nodiscard]] std::string status_text(const api::StatusSnapshot& status);
// With what health says of each server, where it is checked.
[[nodiscard]] std::string services_text(const api::ServicesSnapshot& services, const api::ChecksSnapshot& checks);
[[nodiscard]] std::string checks_text(const api::ChecksSnapshot& checks);
[[nodiscard]] std::string interfaces_text(const std::vector<api::InterfaceSnapshot>& interfaces);
// Most packets first.
[[nodiscard]] std::string drops_text(std::vector<api::VerdictSnapshot> verdicts);
// Without --all: dropped or answered with an error, and met at least once.
[[nodiscard]] std::vector<api::VerdictSnapshot> only_drops(std::vector<api::VerdictSnapshot> verdicts);

// Connections come one by one: columns have a fixed width, which a long IPv6 endpoint exceeds.
[[nodiscard]] std::string connections_title();
[[nodiscard]] std::string connection_row(const api::ConnectionSnapshot& connection);

}  // namespace lvx::cli
