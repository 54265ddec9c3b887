// Tracked objects and what they do to a priority (keepalived's arithmetic): weight 0 and bad = FAULT; weight +w adds w
// while good, -w while bad; `reverse` turns good and bad round; a file's number is multiplied by its weight.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/vrrp.hh"

namespace lvx::vrrp {

enum class TrackKind : std::uint8_t { interface, script, file, process, bfd, service };
[[nodiscard]] std::string_view name_of(TrackKind kind);

struct TrackKey {
    TrackKind kind = TrackKind::interface;
    std::string name;
    auto operator<=>(const TrackKey&) const = default;
};

// Last known: 0 bad, 1 good; a file's number.  Missing = not known yet.
using Observed = std::map<TrackKey, std::int64_t>;

struct TrackedObject {
    TrackKey key;
    std::int32_t weight = 0;
    bool reverse = false;
    bool operator==(const TrackedObject&) const = default;
};
[[nodiscard]] std::vector<TrackedObject> tracked_objects(const model::Tracks& tracks);

struct Standing {
    std::uint8_t priority = 100;        // effective
    bool waiting = false;               // something that decides is not known yet
    std::vector<std::string> faults;    // sentences; not empty = FAULT
    bool operator==(const Standing&) const = default;
};

[[nodiscard]] Standing standing(std::uint8_t base, const std::vector<TrackedObject>& objects, const Observed& observed);

}  // namespace lvx::vrrp
