// wrr: IPVS walks the list again and again, with a weight to reach ("cw") that falls by the weights' greatest common
// divisor at each end of the list and starts again at the largest.  With weights divided by that divisor, the walk at
// level L takes each server of weight >= L; consecutive levels that take the same servers are one segment.
#include <algorithm>
#include <numeric>

#include "plan/schedule/schedule.hh"

namespace lvx::plan {
namespace {

struct Walk {
    std::uint32_t divisor = 1;          // "di": 1 when no server has weight
    std::uint32_t largest = 0;          // weight
    std::vector<std::uint32_t> levels;  // distinct weight / divisor, falling; one segment each

    [[nodiscard]] std::uint32_t top() const { return largest == 0 ? 0 : largest - (divisor - 1); }
};

Walk walk_of(Targets servers) {
    Walk walk;
    std::uint32_t divisor = 0;
    for (const Target& server : servers) divisor = std::gcd(divisor, server.weight);
    walk.divisor = std::max(divisor, 1u);
    for (const Target& server : servers) {
        walk.largest = std::max(walk.largest, server.weight);
        if (server.weight > 0) walk.levels.push_back(server.weight / walk.divisor);
    }
    std::ranges::sort(walk.levels, std::greater{});
    const auto rest = std::ranges::unique(walk.levels);
    walk.levels.erase(rest.begin(), rest.end());
    return walk;
}

// The weight to reach with which the last choice was made.
std::uint32_t current_weight(Targets servers, const Standing& standing) {
    if (standing.anchor) return *standing.anchor;
    const Walk walk = walk_of(servers);
    const Ring ring = wrr_ring(servers);
    if (ring.period == 0 || standing.position == 0) return walk.top();
    const auto last = static_cast<std::uint32_t>((standing.position - 1) % ring.period);
    const auto after = std::ranges::upper_bound(ring.segments, last, {}, &Segment::first);
    const auto index = static_cast<std::size_t>(after - ring.segments.begin()) - 1;
    const Segment& segment = ring.segments[index];
    const std::uint32_t level = walk.levels[index] - (last - segment.first) / segment.words;
    return (level - 1) * walk.divisor + 1;
}

std::uint64_t start_of_level(const Walk& walk, const Ring& ring, std::uint32_t level) {
    std::size_t index = 0;
    while (index + 1 < walk.levels.size() && walk.levels[index + 1] >= level) ++index;
    const Segment& segment = ring.segments[index];
    return segment.first + std::uint64_t{walk.levels[index] - level} * segment.words;
}

}  // namespace

Ring wrr_ring(Targets servers) {
    const Walk walk = walk_of(servers);
    Ring ring;
    for (std::size_t i = 0; i < walk.levels.size(); ++i) {
        const auto offset = static_cast<std::uint32_t>(ring.words.size());
        for (const Target& server : servers)
            if (server.weight / walk.divisor >= walk.levels[i]) ring.words.push_back(server.id);
        const auto words = static_cast<std::uint32_t>(ring.words.size()) - offset;
        ring.segments.push_back({static_cast<std::uint32_t>(ring.period), offset, words});
        const std::uint32_t below = i + 1 < walk.levels.size() ? walk.levels[i + 1] : 0;
        ring.period += std::uint64_t{walk.levels[i] - below} * words;
    }
    return ring;
}

// Any change resets the pointer to the head of the list; the weight to reach is kept, but brought into the new range.
Standing wrr_resume(Targets before, Targets after, const Standing& standing) {
    const Walk walk = walk_of(after);
    std::uint32_t weight = current_weight(before, standing);
    if (weight > walk.top() || weight == 0) {
        weight = walk.top();
    } else if (walk.divisor > 1) {
        weight = weight / walk.divisor * walk.divisor + 1;
    }
    if (walk.largest == 0) return {0, 0};
    return {start_of_level(walk, wrr_ring(after), (weight - 1) / walk.divisor + 1), weight};
}

}  // namespace lvx::plan
