// The director's mind, as a pure function: what is wanted, what the network looks like, and the time -> what to do to
// the data plane and to the network.  live_director.cc carries the actions out; nothing here touches anything.
//
//   cluster, World, settings --picture_of--> Picture --step(compared with what was done)--> actions
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "dataplane/dataplane.hh"
#include "model/model.hh"
#include "net/neighbour_machine.hh"
#include "net/world.hh"

namespace lvx::daemon {

struct Settings {
    std::vector<net::InterfaceRequest> interfaces;
    net::Hook hook = net::Hook::automatic;
    std::set<Address> moving;                     // of virtual routers
    std::string check_interface;                  // by which checks of virtual services come, where it is there
    bool operator==(const Settings&) const = default;
};

// What follows from cluster and World at one moment.
struct Picture {
    net::InterfacePlan plan;
    std::vector<dataplane::ServerWay> ways;       // one per real server address
    std::set<net::NeighbourKey> neighbours;       // to be known
    bool operator==(const Picture&) const = default;
};

// What the way back to a client depends on.
struct ClientSide {
    std::map<std::uint32_t, net::Link> links;
    std::vector<net::Route> routes;
    std::map<net::NeighbourKey, net::Mac> macs;
    bool operator==(const ClientSide&) const = default;
};

// What is remembered from step to step.
struct Mind {
    std::vector<net::InterfaceChoice> interfaces;  // as last handed to the data plane
    std::vector<dataplane::ServerWay> ways;
    ClientSide clients;
    net::NeighbourMemory neighbours;
    std::set<std::uint32_t> without_native_xdp;    // ifindex; the driver refused it, tc serves instead
    bool started = false;
    bool retry_interfaces = false;                 // some were refused: hand them over again
};

struct SetInterfaces { std::vector<net::InterfaceChoice> choices; bool operator==(const SetInterfaces&) const = default; };
struct SetWays { std::vector<dataplane::ServerWay> ways; bool operator==(const SetWays&) const = default; };
struct ForgetClientWays { bool operator==(const ForgetClientWays&) const = default; };
struct Solicit { std::vector<net::Solicitation> solicitations; bool operator==(const Solicit&) const = default; };
// A real server's neighbour became known or unknown: for the log.
struct WayChanged { dataplane::ServerWay before, after; bool operator==(const WayChanged&) const = default; };

using Action = std::variant<SetInterfaces, SetWays, ForgetClientWays, Solicit, WayChanged>;

struct Step {
    Mind mind;
    std::vector<Action> actions;
    std::vector<std::string> problems;         // sentences, of the whole picture
    std::optional<net::Instant> wake;          // when to step again though nothing happens
};

[[nodiscard]] Picture picture_of(const model::Cluster& cluster, const net::World& world, const Settings& settings,
                                 const std::set<std::uint32_t>& without_native_xdp);

[[nodiscard]] Step step(const Mind& mind, const model::Cluster& cluster, const net::World& world,
                        const Settings& settings, net::Instant now);

[[nodiscard]] std::size_t server_count(const model::Cluster& cluster);

}  // namespace lvx::daemon
