// The data plane's counters, summed over CPUs.  What `zero` forgets is kept beside them in the maps (the block after
// the last CPU's), so that a zero survives the daemon.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dataplane/dataplane.hh"
#include "dataplane/tables.hh"

namespace lvx::dataplane {

[[nodiscard]] api::Traffic service_traffic(const Tables& tables, std::uint32_t service);
[[nodiscard]] api::Traffic server_traffic(const Tables& tables, std::uint32_t server);
[[nodiscard]] api::Answers answers(const Tables& tables, std::uint32_t server);
void zero_service(const Tables& tables, std::uint32_t service);
void zero_server(const Tables& tables, std::uint32_t server);
[[nodiscard]] api::Traffic sum(const api::Traffic& a, const api::Traffic& b);
// What `from` has counted since its zero, `to` has from now on, and `from` nothing.
void move_service_traffic(const Tables& tables, std::uint32_t from, std::uint32_t to);

// Those that are not 0; `names`: interfaces by the number of their counters.
[[nodiscard]] std::vector<api::VerdictSnapshot> verdict_list(const Tables& tables, const std::map<std::uint32_t, std::string>& names);

// An interface's counters are given to a new one: what was counted goes to row 0, so that no sum ever falls.
void retire_counters(const Tables& tables, std::uint32_t slot);

}  // namespace lvx::dataplane
