#include "vrrp/announcer.hh"

#include <algorithm>
#include <utility>

namespace lvx::vrrp {

namespace {

// One frame for each interface is enough for its switch.
std::vector<Announcement> extras(const std::vector<Announcement>& addresses) {
    std::vector<Announcement> result;
    for (const Announcement& one : addresses) {
        const auto same = [&](const Announcement& other) { return other.ifindex == one.ifindex; };
        if (one.extra && std::ranges::none_of(result, same)) result.push_back(one);
    }
    return result;
}

}  // namespace

Spacings spacings_of(const std::vector<model::GarpGroup>& groups, const Spacing& otherwise) {
    Spacings result = {{"", otherwise}};
    for (const model::GarpGroup& group : groups)
        for (const std::string& interface : group.interfaces)
            result[interface] = {.arp = group.garp_interval, .advertisement = group.na_interval, .together = group.interfaces.front()};
    return result;
}

void Announcer::add(Round round) {
    if (!round.addresses.empty() && round.copies != 0) rounds_.push_back(std::move(round));
}

void Announcer::taken(std::size_t instance, const std::vector<Announcement>& all, const std::vector<Announcement>& fresh,
                      const model::GarpTimes& times, Instant now) {
    released(instance);
    add({.instance = instance, .addresses = fresh, .copies = times.repeat, .at = now});
    if (times.delay.count() != 0)
        add({.instance = instance, .addresses = all, .copies = times.repeat, .at = now + times.delay});
    if (times.refresh.count() != 0)
        add({.instance = instance, .addresses = all, .copies = times.refresh_repeat, .at = now + times.refresh, .period = times.refresh});
    if (times.extra.count() != 0)
        add({.instance = instance, .addresses = extras(all), .copies = 1, .at = now + times.delay + times.extra, .period = times.extra});
}

void Announcer::restored(std::size_t instance, const std::vector<Announcement>& addresses, Instant now) {
    add({.instance = instance, .addresses = addresses, .copies = 1, .at = now});
}

void Announcer::asserted(std::size_t instance, const std::vector<Announcement>& addresses, const model::GarpTimes& times, Instant now) {
    add({.instance = instance, .addresses = addresses, .copies = times.lower_priority_repeat, .at = now});
    if (times.lower_priority_delay.count() != 0)
        add({.instance = instance, .addresses = addresses, .copies = times.lower_priority_repeat, .at = now + times.lower_priority_delay});
}

void Announcer::released(std::size_t instance) {
    std::erase_if(rounds_, [instance](const Round& round) { return round.instance == instance; });
}

const Spacing* Announcer::spacing_of(const std::string& interface) const {
    auto found = spacing_.find(interface);
    if (found == spacing_.end()) found = spacing_.find("");
    return found == spacing_.end() ? nullptr : &found->second;
}

Announcer::Lane Announcer::lane_of(const Announcement& announcement) const {
    const Spacing* spacing = spacing_of(announcement.interface);
    const bool alone = spacing == nullptr || spacing->together.empty();
    return {alone ? announcement.interface : spacing->together, announcement.address.family()};
}

Instant Announcer::free_at(const Announcement& announcement) const {
    const auto found = next_free_.find(lane_of(announcement));
    return found == next_free_.end() ? Instant{} : found->second;
}

// To the next frame of the round; false when it is over.
bool Announcer::advance(Round& round, Instant now) const {
    if (++round.place < round.addresses.size()) return true;
    round.place = 0;
    if (++round.copy < round.copies) return true;
    round.copy = 0;
    round.at = std::max(round.at + round.period, now);
    return round.period.count() != 0;
}

std::vector<Announcement> Announcer::due(Instant now, std::size_t limit) {
    std::vector<Announcement> result;
    for (auto round = rounds_.begin(); round != rounds_.end();) {
        bool lasts = true;
        while (lasts && round->at <= now && result.size() < limit) {
            const Announcement& next = round->addresses[round->place];
            if (free_at(next) > now) break;
            const Spacing* spacing = spacing_of(next.interface);
            const Microseconds gap = spacing == nullptr ? Microseconds(0) : next.address.is_v4() ? spacing->arp : spacing->advertisement;
            if (gap.count() != 0) next_free_[lane_of(next)] = now + gap;
            result.push_back(next);
            lasts = advance(*round, now);
        }
        round = lasts ? std::next(round) : rounds_.erase(round);
    }
    return result;
}

std::optional<Instant> Announcer::wake() const {
    std::optional<Instant> earliest;
    for (const Round& round : rounds_) {
        const Instant at = std::max(round.at, free_at(round.addresses[round.place]));
        if (!earliest || at < *earliest) earliest = at;
    }
    return earliest;
}

}  // namespace lvx::vrrp
