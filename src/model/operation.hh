// The operations of ipvsadm on a cluster, with the kernel's rules and errors (facts: IPVS netlink commands 1..7, 16,
// 17): a pure function from a cluster to a cluster or to the errno the kernel would give.  Each is one value, so a
// command line, a line of a save file and a JSON request are the same thing.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string_view>
#include <variant>

#include "model/model.hh"

namespace lvx::model {

struct AddService { Service service; };                          // servers empty.  EEXIST, ENOENT (scheduler), EINVAL
struct EditService { Service service; };                         // full replacement but for servers.  ESRCH, ENOENT
struct DeleteService { ServiceKey key; };                        // ESRCH
struct AddServer { ServiceKey key; Server server; };             // ESRCH, EEXIST, ERANGE, EINVAL
struct EditServer { ServiceKey key; Server server; };            // ESRCH, ENOENT, ERANGE
struct DeleteServer { ServiceKey key; Endpoint endpoint; };      // ESRCH, ENOENT
struct Flush {};
struct SetTimeouts { Timeouts timeouts; };                       // 0 seconds = keep
struct Zero { std::optional<ServiceKey> key; };                  // ESRCH; changes no model: the data plane zeroes

using Operation = std::variant<AddService, EditService, DeleteService, AddServer, EditServer, DeleteServer, Flush,
                               SetTimeouts, Zero>;

// The cluster after `operation`, or the errno with which IPVS refuses it.  EOPNOTSUPP: known, but no data plane for
// it yet (what is refused and why is in the list beside the implementation).
[[nodiscard]] std::expected<Cluster, int> apply(const Cluster& before, const Operation& operation);

// How far a list came: `cluster` has the first `executed` operations; `refusal` is why the next one was refused, or 0.
struct AppliedList {
    Cluster cluster;
    std::size_t executed = 0;
    int refusal = 0;
    bool operator==(const AppliedList&) const = default;
};

// As apply() one by one up to the first refusal, without a copy of the cluster for each.
[[nodiscard]] AppliedList apply_all(Cluster before, std::span<const Operation> operations);

// The same by IPVS's rules alone, as if the data plane could do everything that a kernel can, all its schedulers
// included: for converting tables of a kernel, and for comparing with one.
[[nodiscard]] std::expected<Cluster, int> apply_as_kernel(const Cluster& before, const Operation& operation);

// What the data plane cannot do yet, as a sentence without full stop for an operator; empty where it can.  The one list
// behind EOPNOTSUPP, and behind the configuration reader's errors.
[[nodiscard]] std::string_view unsupported(const Service& service);  // but for its servers
[[nodiscard]] std::string_view unsupported(const Server& server);
[[nodiscard]] std::string_view unsupported(const Operation& operation);

// True for the schedulers of abi/scheduler.h, and for "none".
[[nodiscard]] bool known_scheduler(std::string_view name);
// Schedulers that IPVS has and lvx has not yet.
[[nodiscard]] bool scheduler_of_kernel_only(std::string_view name);

}  // namespace lvx::model
