#include "vrrp/tracking.hh"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace lvx::vrrp {

namespace {

constexpr std::int64_t lowest_effective = 1, highest_effective = 254, owner = 255;
constexpr std::int64_t file_fault_below = -253;  // a track_file's product that means FAULT

void append(std::vector<TrackedObject>& to, TrackKind kind, const std::vector<model::Track>& tracks) {
    for (const model::Track& track : tracks) to.push_back({{kind, track.name}, track.weight, track.reverse});
}

std::string fault_of(const TrackedObject& object) {
    return std::string(name_of(object.key.kind)) + " " + object.key.name + (object.reverse ? " is well (reverse)" : " failed");
}

struct Effect {
    std::int64_t change = 0;
    bool fault = false, waiting = false;
};

Effect effect_of_file(const TrackedObject& object, std::int64_t value) {
    const std::int64_t product = value * (object.reverse ? -object.weight : object.weight);
    if (object.weight == 0) return {.fault = (value != 0) != object.reverse};
    return {.change = std::clamp<std::int64_t>(product, -owner, owner), .fault = product < file_fault_below};
}

Effect effect_of(const TrackedObject& object, const Observed& observed) {
    const auto found = observed.find(object.key);
    if (found == observed.end()) return {.waiting = object.weight == 0};
    if (object.key.kind == TrackKind::file) return effect_of_file(object, found->second);
    const bool good = found->second != 0;
    if (object.weight == 0) return {.fault = good == object.reverse};
    // While good: +w, or -w when reversed.  While bad: the weight of the other sign.
    const std::int64_t signed_weight = object.reverse ? -object.weight : object.weight;
    const bool counts = object.weight > 0 ? good : !good;
    return {.change = counts ? signed_weight : 0};
}

}  // namespace

std::string_view name_of(TrackKind kind) {
    constexpr std::array<std::string_view, 6> names = {"interface", "script", "file", "process", "bfd", "service"};
    return names[static_cast<std::size_t>(kind)];
}

std::vector<TrackedObject> tracked_objects(const model::Tracks& tracks) {
    std::vector<TrackedObject> objects;
    append(objects, TrackKind::interface, tracks.interfaces);
    append(objects, TrackKind::script, tracks.scripts);
    append(objects, TrackKind::file, tracks.files);
    append(objects, TrackKind::process, tracks.processes);
    append(objects, TrackKind::bfd, tracks.bfds);
    append(objects, TrackKind::service, tracks.services);
    return objects;
}

Standing standing(std::uint8_t base, const std::vector<TrackedObject>& objects, const Observed& observed) {
    Standing result{.priority = base};
    std::int64_t sum = base;
    for (const TrackedObject& object : objects) {
        const Effect effect = effect_of(object, observed);
        sum += effect.change;
        result.waiting = result.waiting || effect.waiting;
        if (effect.fault) result.faults.push_back(fault_of(object));
    }
    if (base != owner) result.priority = static_cast<std::uint8_t>(std::clamp(sum, lowest_effective, highest_effective));
    return result;
}

}  // namespace lvx::vrrp
