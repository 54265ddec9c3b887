// What the API says about changes: overrides, plans, applied configurations and their history.  The JSON has exactly
// these names (docs/api.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/override.hh"
#include "model/record.hh"

namespace lvx::api {

struct OverrideSnapshot {
    model::Override override;
    std::string target;  // "10.0.0.3:80 of tcp/192.168.88.23:80"
    std::string text;    // "weight 5"
    bool dormant = false;  // its target is not there now: it waits
    bool operator==(const OverrideSnapshot&) const = default;
};

// A server that the files no longer have, and that keeps its connections for a while.
struct LeavingSnapshot {
    model::ServiceKey service;
    Endpoint server;
    model::WallTime since{};
    std::optional<model::WallTime> until;
    std::uint64_t connections = 0;
    bool operator==(const LeavingSnapshot&) const = default;
};

struct OverridesSnapshot {
    std::vector<OverrideSnapshot> overrides;
    std::vector<LeavingSnapshot> leaving;
    bool operator==(const OverridesSnapshot&) const = default;
};

struct ClearOutcome {
    std::vector<std::string> cleared;  // names
    bool operator==(const ClearOutcome&) const = default;
};

// One line of a plan.  sign: "+" starts, "-" stops, "~" changes, ">" moves, "!" needs attention.
struct PlanLine {
    std::string sign, what, change, effect;
    std::uint64_t connections = 0;  // live now on what the line is about
    std::uint64_t cut = 0;          // of these, how many are cut at once
    bool operator==(const PlanLine&) const = default;
};

struct PlanOutcome {
    bool usable = false;
    std::string diagnostics;             // the reader's text
    std::vector<PlanLine> lines;
    std::uint64_t cut = 0, drained = 0;  // connections
    std::vector<std::string> shadowed;   // overrides that hide what changed: "o7: weight 5 on …"
    std::vector<std::string> restart;    // what takes effect at the next start only
    std::string refusal;                 // why the data plane would not take it; empty: it would
    std::uint64_t generation = 0;        // of what the plan was made from
    bool operator==(const PlanOutcome&) const = default;
};

struct ApplyRequest {
    model::ConfigurationText text;
    std::uint64_t confirm_s = 0;               // 0: for good; else it goes back by itself after so many seconds
    std::optional<std::uint64_t> generation;   // refused when something changed since
    bool operator==(const ApplyRequest&) const = default;
};

struct ApplyOutcome {
    bool applied = false;
    std::string diagnostics;                   // of the reader, or why it was refused
    std::uint64_t number = 0;                  // in the history
    std::uint64_t steps = 0;                   // changes in the data plane
    std::vector<std::string> shadowed, restart;
    std::optional<model::WallTime> confirm_until;
    bool operator==(const ApplyOutcome&) const = default;
};

struct HistoryEntry {
    std::uint64_t number = 0;
    model::WallTime when{};
    std::string who, how, main;
    std::uint64_t files = 0;
    bool current = false, unconfirmed = false;
    bool operator==(const HistoryEntry&) const = default;
};

// What becomes of one server: all of its services unless one is named.
struct ServerRequest {
    std::string action;                        // "drain", "enable", "disable", "weight"
    Endpoint server;                           // port 0: every port
    std::optional<model::ServiceKey> service;
    std::uint32_t weight = 0;                  // of "weight"
    model::AfterDrain then = model::AfterDrain::disable;
    std::uint64_t timeout_s = 0;               // of "drain"; 0: as long as connections live
    std::uint64_t for_s = 0;                   // the override ends by itself; 0: never
    bool operator==(const ServerRequest&) const = default;
};

struct ChangedServer {
    model::ServiceKey service;
    Endpoint server;
    std::uint32_t weight_before = 0, weight_after = 0;
    std::string override;                      // its name; "": none is left
    bool operator==(const ChangedServer&) const = default;
};

struct ServersOutcome {
    std::vector<ChangedServer> servers;
    bool operator==(const ServersOutcome&) const = default;
};

// One value in effect and where it came from.
struct Setting {
    std::string object, name, value;
    std::string origin;  // "lvx.conf:17", "override o7", "health", "default", "operator"
    bool operator==(const Setting&) const = default;
};

struct ConfigurationView {
    std::string file;                          // main file of the running configuration
    std::uint64_t number = 0;                  // in the history
    std::optional<model::WallTime> confirm_until;
    std::vector<Setting> settings;
    bool operator==(const ConfigurationView&) const = default;
};

}  // namespace lvx::api
