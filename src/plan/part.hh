// One service's share of an image, computed by itself: its row, its words of the pool, its servers' rows and where its
// sequence goes on.  The whole build (image.hh) and the change of a few services (patch.hh) are both made of these.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "plan/image.hh"

namespace lvx::plan {

struct Part {
    abi::service row{};                // offsets count from the beginning of `words`
    std::vector<std::uint32_t> words;  // servers, ring, segments (abi/service.h)
    std::vector<std::pair<std::uint32_t, abi::server>> servers;
    std::optional<CursorChange> cursor;
    Standing standing;                 // to be remembered where it has an anchor
};

// `running.image` is what the service's sequence goes on from; `server_id` names the id of each of its servers.
[[nodiscard]] Result<Part> part_of(const model::Service& service, std::uint32_t id, const model::Timeouts& timeouts,
                                   const Running& running, const std::function<std::uint32_t(const Endpoint&)>& server_id);

// The row with its offsets counted from the beginning of the pool.
[[nodiscard]] abi::service placed_at(const Part& part, std::uint32_t offset);

// A server that was removed: packets of connections that name it are dropped, as in IPVS.
[[nodiscard]] abi::server removed(abi::server server);
// One whose connections go on.
[[nodiscard]] abi::server kept(abi::server server);
[[nodiscard]] bool is_kept(const Running& running, const model::ServiceKey& service, const Endpoint& server);

// The row of a member of the mark whose service's row is `leader`, of id `id`.
[[nodiscard]] abi::service member_row(const model::ServiceKey& key, const abi::service& leader, std::uint32_t id);

void set_timeouts(abi::service& service, const model::Timeouts& timeouts, const Running& running);

}  // namespace lvx::plan
