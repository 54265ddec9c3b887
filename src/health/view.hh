// What health says of the pools at one moment: which real servers stand in their services now, and with what weight.
// The observed layer.  A whole value each time: the newest one is true, an older one may be thrown away unread.
//
// The health thread makes one after each change and posts it; the daemon lays it over the configured cluster.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hh"
#include "model/model.hh"
#include "model/watch.hh"

namespace lvx::health {

struct ServerView {
    Endpoint endpoint;
    bool up = true;            // no failed check
    bool in_service = true;    // stands in the table of its services: used, or stays_when_down()
    std::uint32_t weight = 1;  // as packets shall see it: dynamic, in slow start, 0 when not used
    std::uint32_t entered = 0; // layers::placed() counts: 0 since the pool is there, else later for whoever came (back) later
    bool operator==(const ServerView&) const = default;
};

struct PoolView {
    model::ServiceKey key;               // the pool's first service: names the pool, as names may be equal
    std::string name;
    bool quorum_up = true;
    std::optional<std::uint32_t> sorry;  // the sorry server stands in the table with this weight (0: inhibited)
    std::vector<ServerView> servers;     // as in model::Pool
    bool operator==(const PoolView&) const = default;
};

struct View {
    std::uint64_t generation = 0;        // grows with every view of one daemon
    std::vector<PoolView> pools;
    bool operator==(const View&) const = default;

    [[nodiscard]] const PoolView* find(const model::ServiceKey& key) const;
};

// Whether a server that may get nothing new stands in the table nevertheless, with weight 0.
[[nodiscard]] inline bool stays_when_down(const model::WatchedServer& server) { return server.inhibit_on_failure; }

// Whether a check of it comes through its virtual service.  The data plane must know such a server although it never served:
// it stands in the table with weight 0 until it does.
[[nodiscard]] inline bool is_checked_through(const model::WatchedServer& server) {
    for (const model::Check& check : server.checks)
        if (check.target.through) return true;
    return false;
}

// What holds for `pools` until the health thread has seen them: servers keep what `before` says of them; new ones are
// up, but for alpha ones, which are down until their first success.
[[nodiscard]] View expected_view(const std::vector<model::Pool>& pools, const View& before);

}  // namespace lvx::health
