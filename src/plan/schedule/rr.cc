// rr: after the last chosen server comes the next usable one of the list.  Weight only matters as zero or not.
#include <algorithm>

#include "abi/limits.h"
#include "plan/schedule/schedule.hh"

namespace lvx::plan {
namespace {

// IPVS's pointer to the list itself, before its first server.
constexpr std::uint32_t head = ID_NONE;

bool contains(Targets servers, std::uint32_t id) {
    return std::ranges::find(servers, id, &Target::id) != servers.end();
}

std::uint32_t last_chosen(Targets servers, const Standing& standing) {
    if (standing.anchor) return *standing.anchor;
    const Ring ring = rr_ring(servers);
    if (ring.period == 0 || standing.position == 0) return head;
    return at(ring, standing.position - 1);
}

// Deleting the server the pointer stands on moves it back one in the list.
std::uint32_t surviving(Targets before, Targets after, std::uint32_t pointer) {
    auto place = std::ranges::find(before, pointer, &Target::id);
    if (place == before.end()) return contains(after, pointer) ? pointer : head;
    while (!contains(after, place->id)) {
        if (place == before.begin()) return head;
        --place;
    }
    return place->id;
}

}  // namespace

Ring rr_ring(Targets servers) {
    Ring ring;
    for (const Target& server : servers)
        if (server.weight > 0) ring.words.push_back(server.id);
    ring.period = ring.words.size();
    if (ring.period > 0) ring.segments.push_back({0, 0, static_cast<std::uint32_t>(ring.period)});
    return ring;
}

Standing rr_resume(Targets before, Targets after, const Standing& standing) {
    const std::uint32_t pointer = surviving(before, after, last_chosen(before, standing));
    if (pointer == head) return {0, head};
    const auto place = std::ranges::find(after, pointer, &Target::id);
    // The next position is the number of usable servers up to the pointer; the anchor tells 0 of them from the head.
    const auto passed = std::ranges::count_if(after.begin(), place + 1, [](const Target& t) { return t.weight > 0; });
    return {static_cast<std::uint64_t>(passed), pointer};
}

}  // namespace lvx::plan
