// Fills namespaces that exist with what a topology describes: settings, cables, addresses, routes.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "lab/topology.hh"

namespace lvx::lab {

using NamespaceOf = std::function<int(std::string_view node)>;

[[nodiscard]] Result<void> furnish(const Topology& topology, const std::vector<Cable>& cables,
                                   const NamespaceOf& namespace_of);

}  // namespace lvx::lab
