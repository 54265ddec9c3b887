// The schedulers that are decided before a packet comes: what IPVS would choose one after the other, or for each hash,
// written down as a ring of server ids (abi/service.h).  One file each; all pure.  Servers stand in IPVS's list order
// everywhere here: the last one added comes first.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "abi/scheduler.h"
#include "base/address.hh"
#include "base/result.hh"

namespace lvx::plan {

// A server as a scheduler sees it.
struct Target {
    std::uint32_t id = 0;
    Endpoint endpoint;
    std::uint32_t weight = 0;
    std::uint32_t last_weight = 0;  // latest weight other than 0 (mh)
    std::uint32_t upper_threshold = 0, lower_threshold = 0;
    std::uint8_t method = 0;
    bool operator==(const Target&) const = default;
};

using Targets = std::span<const Target>;

// Positions first .. next segment's first - 1 repeat `words` words of the ring from `offset` on.
struct Segment {
    std::uint32_t first = 0, offset = 0, words = 0;
    bool operator==(const Segment&) const = default;
};

struct Ring {
    std::vector<std::uint32_t> words;  // server ids, ID_NONE for an empty place
    std::uint64_t period = 0;          // 0: no usable server
    std::vector<Segment> segments;     // rr, wrr
    bool operator==(const Ring&) const = default;
};

// Where a sequence stands: `position` is the next one to be taken.  IPVS remembers more than that once servers have
// changed and none was chosen since (rr: a pointer to a server that may be quiesced; wrr: a weight between two
// levels): `anchor` keeps it, and is valid while `position` is unchanged.
struct Standing {
    std::uint64_t position = 0;
    std::optional<std::uint32_t> anchor;
    bool operator==(const Standing&) const = default;
};

[[nodiscard]] Ring rr_ring(Targets servers);
[[nodiscard]] Standing rr_resume(Targets before, Targets after, const Standing& standing);

[[nodiscard]] Ring wrr_ring(Targets servers);
[[nodiscard]] Standing wrr_resume(Targets before, Targets after, const Standing& standing);

[[nodiscard]] Ring sh_ring(Targets servers);
inline constexpr std::uint32_t sh_size = 256;

[[nodiscard]] Ring mh_ring(Targets servers);
inline constexpr std::uint32_t mh_size = 4093;

[[nodiscard]] std::optional<scheduler> scheduler_named(std::string_view name);
[[nodiscard]] std::string_view scheduler_name(scheduler number);

// The ring of a scheduler that has one; an empty one for those that scan.
[[nodiscard]] Ring ring_of(scheduler number, Targets servers);
// Where its sequence goes on after a change of servers; position 0 for schedulers without sequence.
[[nodiscard]] Standing resume(scheduler number, Targets before, Targets after, const Standing& standing);
// Whether the change from `before` to `after` moves the sequence at all.
[[nodiscard]] bool sequence_changed(scheduler number, Targets before, Targets after);

// The server id at a position, as the data plane finds it.
[[nodiscard]] std::uint32_t at(const Ring& ring, std::uint64_t position);

}  // namespace lvx::plan
