// Blocks of tracked things, the same in a virtual router and in a sync group:
//
//   track_script {
//       chk_haproxy weight -20
//       chk_disk weight 10 reverse
//   }
#pragma once

#include "config/keepalived/line_cursor.hh"
#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

// One of the blocks, by its keyword.
void read_tracks(model::Tracks& tracks, const Statement& statement, Reading& reading);

struct WeightWords {
    std::int32_t weight = 0;
    bool reverse = false;
};
// "N [reverse]" behind a word "weight" that was taken already.
[[nodiscard]] std::optional<WeightWords> read_weight(LineCursor& cursor, std::int64_t most);
// A statement "weight N [reverse]" of a block, which check.cc has judged.
[[nodiscard]] std::optional<WeightWords> weight_of(const Statement& statement, Block block);

// The owner of its addresses has one priority for ever, and members of a sync group have no weights of their own; what
// was to move them is left out, as keepalived does.
enum class NoWeights : std::uint8_t { owner, group };
void drop_weights(model::Tracks& tracks, NoWeights why, std::string_view name, const Place& place, Reading& reading);

}  // namespace lvx::config::keepalived
