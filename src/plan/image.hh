// The configuration as packets will see it, computed whole and without touching anything: the contents of one
// configuration set (abi/).  The data plane copies it into the inactive set and flips root.active_set.
//
//   Cluster + Registry of ids -> Image            (build)
//   Image + maps              -> packets see it   (src/dataplane)
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "abi/counter.h"
#include "abi/server.h"
#include "abi/service.h"
#include "base/result.hh"
#include "model/model.hh"
#include "plan/schedule/schedule.hh"

namespace lvx::plan {

struct Limits {
    std::uint32_t services = 0, servers = 0, pool_words = 0;
};

// Which id each service and server has.  An id outlives its object while connections name it, so that a server that
// is removed and added again gets its connections back, as in IPVS, and no connection ever reaches another server.
struct Registry {
    std::map<model::ServiceKey, std::uint32_t> services;  // members of marks included, by mark, protocol, address and port
    std::map<std::pair<std::uint32_t, Endpoint>, std::uint32_t> servers;  // by service id and endpoint
    bool operator==(const Registry&) const = default;
};

// The scheduler's place in its sequence, to be stored when the new set becomes active.  Only for services whose
// sequence changed: others keep the cursor they have.
struct CursorChange {
    std::uint32_t service = 0;
    std::uint64_t position = 0;
    bool operator==(const CursorChange&) const = default;
};

// Where each rr and wrr service stood when its servers last changed, with what IPVS remembers besides (schedule.hh).
using Standings = std::map<std::uint32_t, Standing>;

// Words of the pool that belong to one service; it may use fewer.
struct Area {
    std::uint32_t at = 0, words = 0;
    bool operator==(const Area&) const = default;
};

struct Image {
    std::vector<abi::service> services;  // by id; ids without service are all zero
    std::vector<abi::server> servers;    // by id; nexthop is 0: the data plane fills it in
    std::vector<std::uint32_t> pool;
    std::vector<Area> areas;             // by service id; none in an image read back from tables
    std::vector<std::pair<abi::service_key, std::uint32_t>> keys;
    std::map<std::uint32_t, std::vector<std::uint32_t>> members;  // rows that count for a mark's service, by its id
    std::array<std::uint8_t, std::size_t{FILTER_LINES} * FILTER_LINE_BYTES> filter{};  // abi/filter.h's bits
    std::vector<CursorChange> cursors;
    Standings standings;
    Registry registry;
    model::Timeouts timeouts;
};

// What the build has to know of the running table.
struct Running {
    const Image* image = nullptr;               // null at first start
    std::vector<std::uint64_t> cursors;         // by service id
    std::vector<bool> server_in_use;            // by server id: a connection names it
    std::vector<bool> member_in_use;            // by service id, of members of marks that were removed; empty: none is
    std::uint32_t tick_shift = 8, hertz = 250;  // to turn seconds into ticks
    // Servers that stand in no list while packets of the connections they have go on to them: dead, and their connections
    // are to be kept.
    const std::map<model::ServiceKey, std::vector<Endpoint>>* kept = nullptr;
};

// Errors: ENOSPC, more services, servers or pool words than the table was made for, says how many and which option
// makes it larger; EOPNOTSUPP, what this data plane cannot do yet, names the service; EINVAL, more servers than mh has
// slots; ERANGE, weights whose wrr sequence is longer than 32 bits count or has too many levels.
[[nodiscard]] Result<Image> build(const model::Cluster& cluster, const Running& running, const Limits& limits);

// The cluster an image was built from, services in the order of their ids; without what no image holds yet
// (tunnels).  For a daemon that adopts tables it did not make.
[[nodiscard]] model::Cluster cluster_of(const Image& image);

// A service's servers in list order, as its scheduler sees them.
[[nodiscard]] std::vector<Target> targets_of(const Image& image, std::uint32_t service);

// Of all rows: a member's mark is its leader's.
[[nodiscard]] model::ServiceKey key_of(const std::vector<abi::service>& rows, std::uint32_t id);
// What a mark is called among virtual addresses (abi/service.h).
[[nodiscard]] abi::address mark_address(const model::ServiceKey& key);
// By the leaders that rows name.
[[nodiscard]] std::map<std::uint32_t, std::vector<std::uint32_t>> members_of(const std::vector<abi::service>& rows);
[[nodiscard]] abi::service_key map_key(const model::ServiceKey& key);
[[nodiscard]] Endpoint endpoint_of(const abi::server& server);
[[nodiscard]] Address address_of(const abi::address& address);
[[nodiscard]] abi::address abi_address(const Address& address);

}  // namespace lvx::plan
