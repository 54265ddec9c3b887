#include "plan/schedule/schedule.hh"

#include <algorithm>
#include <array>

#include "abi/limits.h"
#include "base/ensure.hh"

namespace lvx::plan {
namespace {

constexpr std::array names = {
#define X(name, how) std::string_view{#name},
    SCHEDULERS(X)
#undef X
};

// What of a server rr's pointer depends on: its place in the list, and whether it can be chosen.
bool same_for_rr(const Target& a, const Target& b) { return a.id == b.id && (a.weight > 0) == (b.weight > 0); }

}  // namespace

std::optional<scheduler> scheduler_named(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<scheduler>(found - names.begin());
}

std::string_view scheduler_name(scheduler number) {
    ensure(number < SCHEDULER_COUNT);
    return names[number];
}

Ring ring_of(scheduler number, Targets servers) {
    switch (number) {
        case SCHEDULER_rr: return rr_ring(servers);
        case SCHEDULER_wrr: return wrr_ring(servers);
        case SCHEDULER_sh: return sh_ring(servers);
        case SCHEDULER_mh: return mh_ring(servers);
        default: return {};
    }
}

Standing resume(scheduler number, Targets before, Targets after, const Standing& standing) {
    switch (number) {
        case SCHEDULER_rr: return rr_resume(before, after, standing);
        case SCHEDULER_wrr: return wrr_resume(before, after, standing);
        default: return {};
    }
}

bool sequence_changed(scheduler number, Targets before, Targets after) {
    switch (number) {
        case SCHEDULER_rr: return !std::ranges::equal(before, after, same_for_rr);
        // IPVS resets wrr's pointer at any edit of any server, thresholds included.
        case SCHEDULER_wrr: return !std::ranges::equal(before, after);
        default: return false;
    }
}

std::uint32_t at(const Ring& ring, std::uint64_t position) {
    if (ring.period == 0) return ID_NONE;
    const std::uint64_t place = position % ring.period;
    const auto after = std::ranges::upper_bound(ring.segments, place, {}, &Segment::first);
    ensure(after != ring.segments.begin());
    const Segment& segment = *std::prev(after);
    return ring.words[segment.offset + (place - segment.first) % segment.words];
}

}  // namespace lvx::plan
