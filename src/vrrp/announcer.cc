#include "vrrp/announcer.hh"

#include <algorithm>
#include <utility>

namespace lvx::vrrp {

void Announcer::add(Round round) {
    if (!round.addresses.empty() && round.copies != 0) rounds_.push_back(std::move(round));
}

void Announcer::taken(std::size_t instance, const std::vector<Announcement>& addresses, const model::GarpTimes& times, Instant now) {
    released(instance);
    add({.instance = instance, .addresses = addresses, .copies = times.repeat, .at = now});
    if (times.delay.count() != 0)
        add({.instance = instance, .addresses = addresses, .copies = times.repeat, .at = now + times.delay});
    if (times.refresh.count() != 0)
        add({.instance = instance, .addresses = addresses, .copies = times.refresh_repeat, .at = now + times.refresh, .period = times.refresh});
    if (times.extra.count() != 0)
        add({.instance = instance, .addresses = addresses, .copies = 1, .at = now + times.extra, .period = times.extra});
}

void Announcer::asserted(std::size_t instance, const std::vector<Announcement>& addresses, const model::GarpTimes& times, Instant now) {
    add({.instance = instance, .addresses = addresses, .copies = times.lower_priority_repeat, .at = now});
    if (times.lower_priority_delay.count() != 0)
        add({.instance = instance, .addresses = addresses, .copies = times.lower_priority_repeat, .at = now + times.lower_priority_delay});
}

void Announcer::released(std::size_t instance) {
    std::erase_if(rounds_, [instance](const Round& round) { return round.instance == instance; });
}

Microseconds Announcer::spacing_of(const Announcement& announcement) const {
    auto found = spacing_.find(announcement.interface);
    if (found == spacing_.end()) found = spacing_.find("");
    if (found == spacing_.end()) return Microseconds(0);
    return announcement.address.is_v4() ? found->second.arp : found->second.advertisement;
}

Instant Announcer::free_at(const Announcement& announcement) const {
    const auto found = next_free_.find({announcement.interface, announcement.address.family()});
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
            const Microseconds spacing = spacing_of(next);
            if (spacing.count() != 0) next_free_[{next.interface, next.address.family()}] = now + spacing;
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
