// What leads from one cluster to another, as steps a person can read: the daemon logs what a reload changes, and an
// operator sees it before he applies it.  Pure; the data plane itself takes whole clusters (image.hh).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "model/model.hh"

namespace lvx::plan {

struct AddService {
    model::Service service;  // without its servers, they are added by steps of their own
    bool operator==(const AddService&) const = default;
};
struct RemoveService {
    model::ServiceKey key;  // with all its servers
    bool operator==(const RemoveService&) const = default;
};
struct ChangeService {
    model::Service before, after;  // without servers
    bool operator==(const ChangeService&) const = default;
};
struct AddServer {
    model::ServiceKey key;
    model::Server server;
    bool operator==(const AddServer&) const = default;
};
struct RemoveServer {
    model::ServiceKey key;
    Endpoint endpoint;
    bool operator==(const RemoveServer&) const = default;
};
struct ChangeServer {
    model::ServiceKey key;
    model::Server before, after;
    bool operator==(const ChangeServer&) const = default;
};
struct SetTimeouts {
    model::Timeouts before, after;
    bool operator==(const SetTimeouts&) const = default;
};

struct SetMarks {
    model::MarkMembers before, after;
    bool operator==(const SetMarks&) const = default;
};

using Step = std::variant<AddService, RemoveService, ChangeService, AddServer, RemoveServer, ChangeServer, SetTimeouts, SetMarks>;

// Removals come before additions.  A server whose place in its service changed is removed and added again, because
// that is how IPVS would come to the new order; the others keep theirs.
[[nodiscard]] std::vector<Step> diff(const model::Cluster& before, const model::Cluster& after);

// `cluster` after the steps; the order of services may differ from the one the steps were made from.
[[nodiscard]] model::Cluster applied(model::Cluster cluster, const std::vector<Step>& steps);

// One line for each step; empty when there is none.
[[nodiscard]] std::string explain(const std::vector<Step>& steps);

}  // namespace lvx::plan
