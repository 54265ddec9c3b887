// A full table moves connections to their other bucket, those of the other side too, and nobody says where.  Whom a Session
// knew in a place that somebody else has now is lost until it is met again: when the other side is asked and tells it
// anew, or when upkeep comes to it.  If it ended meanwhile it ends here then, a round later at most, instead of being
// taken for one of ours and told back.
#include "sync/session.hh"
#include "sync/session_flags.hh"

namespace lvx::sync {
namespace {

// State and expiry: what a packet changes.
constexpr std::uint64_t touched_bits = (std::uint64_t{1} << 36) - 1;
constexpr int rounds_remembered = 2;

}  // namespace

// `slot` was its place.
void Session::lose(std::uint32_t id, std::uint32_t slot, const Moment& moment) {
    if (lost_.size() >= limits_.most_lost) {
        ++counters_.moved_unremembered;
        return;
    }
    const auto moved_before = births_.find(id);
    const std::uint64_t birth = moved_before != births_.end() ? moved_before->second : TableSide::born_as(slot, word_of(known_[slot]));
    births_[id] = birth;
    lost_[birth] = {.id = id, .known = known_[slot], .since = moment.now};
    ++counters_.moved;
}

void Session::lost_ended(std::uint32_t id) {
    const auto birth = births_.find(id);
    if (birth == births_.end()) return;
    const auto lost = lost_.find(birth->second);
    if (lost != lost_.end() && lost->second.id == id) lost->second.ended = true;
    births_.erase(birth);
}

// `id` has its place.
void Session::find_born(std::uint32_t id, std::uint32_t slot, std::uint64_t control) {
    const std::uint64_t birth = table_.birth(slot);
    lost_.erase(birth);
    if (birth != TableSide::born_as(slot, control)) births_[id] = birth;
    else births_.erase(id);
}

// Whether the slot's connection is a lost one and all is said about it.  What packets touched here goes on as ours.
bool Session::meet_again(std::uint32_t slot, std::uint64_t control, const Moment& moment) {
    if (lost_.empty() || known_[slot] != 0) return false;
    const auto found = lost_.find(table_.birth(slot));
    if (found == lost_.end()) return false;
    const Lost lost = found->second;
    lost_.erase(found);
    if ((control ^ lost.known) & touched_bits) return false;
    if (!lost.ended) {
        bound_[lost.id] = owner_[slot] = nowhere;
        bind(lost.id, slot, control, lost.known & (known_heard | known_mine | known_differs), moment);
        return true;
    }
    if (table_.remove(slot, control, moment.table)) ++counters_.removed, ++counters_.moved_ended;
    return true;
}

void Session::forget_lost(const Moment& moment) {
    std::erase_if(lost_, [&](const auto& lost) { return moment.now - lost.second.since > rounds_remembered * limits_.round; });
}

}  // namespace lvx::sync
