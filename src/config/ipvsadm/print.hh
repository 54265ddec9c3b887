// A cluster as ipvsadm writes it: "ipvsadm -S" byte for byte, and the same lines as commands for a shell.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "model/operation.hh"

namespace lvx::config::ipvsadm {

// How numbers become names: "10.0.0.2" or a host's name, "80" or "http".
struct Labels {
    std::function<std::string(const Address&)> host;
    std::function<std::string(Port, model::Protocol)> service;
};

// Digits only, as with -n.
[[nodiscard]] Labels numeric_labels();

// What "ipvsadm -S" prints.  Services sorted by mark, family, protocol, address and port, servers by address and port.
// Thresholds, timeouts and daemons have no place in this format and are left out, as by the real tool.
[[nodiscard]] std::string save(const model::Cluster& cluster, const Labels& labels);

// The cluster as commands for a shell, "ipvsadm " before each.  Services and servers stand in the order in which they
// were added, and thresholds and timeouts are kept, so that running them gives the same cluster.
[[nodiscard]] std::string commands(const model::Cluster& cluster);

// Operations as such commands, one line each.
[[nodiscard]] std::string commands(std::span<const model::Operation> operations);

}  // namespace lvx::config::ipvsadm
