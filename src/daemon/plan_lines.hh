// A plan for people: what a change of the configuration starts, stops, changes and moves, and what that means for the
// connections that live now.  Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "api/change.hh"
#include "layers/layers.hh"
#include "model/site.hh"

namespace lvx::daemon {

// One side of a change.
struct Side {
    const model::Site& site;
    const model::RunState& state;
    const model::Cluster& cluster;  // effective
};

// `connections`: live now on a server of a service.
[[nodiscard]] std::vector<api::PlanLine> plan_lines(const Side& before, const Side& after,
                                                    const std::function<std::uint64_t(const layers::ServerName&)>& connections);

// Values of the director block that only a start applies: "connections: 65536 -> 131072 takes effect at the next start".
[[nodiscard]] std::vector<std::string> restart_lines(const model::DirectorSettings& before, const model::DirectorSettings& after);

}  // namespace lvx::daemon
