// The telling half: what the other side does not know yet.  The hearing half is in session_apply.cc.
#include "sync/session.hh"

#include <algorithm>
#include <set>

#include "sync/session_flags.hh"

namespace lvx::sync {
namespace {

struct PhaseText {
    std::string_view word, sentence;
};
constexpr std::array phase_texts = {
#define X(name, word, sentence) PhaseText{word, sentence},
    LVX_SYNC_PHASES(X)
#undef X
};

// The other side hears of a longer life when it is an eighth of the timeout longer, and holds a connection an eighth
// longer than told: it never forgets one before we do, and an idle table of a million costs 10,000 records a second.
constexpr std::uint32_t refresh_share = 8, refresh_ticks = 2;

std::uint64_t count(Microseconds time) { return static_cast<std::uint64_t>(time.count()); }

}  // namespace

std::string_view phase_word(Phase phase) { return phase_texts[static_cast<std::size_t>(phase)].word; }
std::string_view phase_sentence(Phase phase) { return phase_texts[static_cast<std::size_t>(phase)].sentence; }

Session::Session(const TableSide& table, const Hello& self, const SessionLimits& limits, const Moment& moment)
    : table_(table), self_(self), limits_(limits), waiting_(table.slots()), known_(table.slots()), walked_at_(moment.now),
      last_sent_(moment.now), last_heard_(moment.now) {
    self_.slots = table.slots();
}

// Before the copy is through a changed slot is told when the copy comes to it, unless it has been there already.
void Session::note(std::uint32_t slot) {
    if (slot >= known_.size()) return;
    waiting_.insert(slot);
}

std::vector<std::uint8_t> Session::diff(const Moment& moment) {
    if (!hello_sent_) out_.put(self_);
    hello_sent_ = true;
    if (peer_) {
        say_small_things(moment);
        tell_waiting(moment);
        if (!copy_sequence_) copy_on(moment);
        const bool quiet = moment.now - last_sent_ >= limits_.heartbeat;
        if (!frame_open_ && quiet && !full()) {
            out_.begin_changes(++sequence_, count(moment.now));
            frame_open_ = true;
        }
        if (frame_open_) close_frame(moment);
    }
    if (lag(moment) < limits_.late) behind_since_ = moment.now;
    counters_.bytes_sent += out_.size();
    return out_.take();
}

std::vector<std::uint8_t> Session::upkeep(const Moment& moment) {
    if (!peer_) return {};
    answer_looks(moment);
    if (copy_sequence_) walk(moment);
    if (frame_open_) close_frame(moment);
    counters_.bytes_sent += out_.size();
    return out_.take();
}

void Session::say_small_things(const Moment&) {
    if (heard_said_ != heard_sequence_)
        out_.put(Heard{.sequence = heard_sequence_,
                       .sent_us = heard_sent_us_,
                       .kept_out = static_cast<std::uint32_t>(refused_.size() + counters_.refused_unremembered),
                       .drifted = static_cast<std::uint32_t>(counters_.regions_mended)});
    heard_said_ = heard_sequence_;
    for (; !looks_to_send_.empty(); looks_to_send_.pop_front()) out_.put(looks_to_send_.front());
}

bool Session::full() const { return in_flight_ + out_.size() >= limits_.window || out_.size() >= limits_.at_once; }

void Session::tell_waiting(const Moment& moment) {
    // What comes back into the set meanwhile has its turn at the next diff.
    for (std::size_t left = waiting_.size(); left > 0 && !full(); --left) tell(*waiting_.take(), moment);
}

void Session::copy_on(const Moment& moment) {
    for (; next_ < known_.size() && !full(); ++next_) tell(next_, moment);
    if (next_ < known_.size() || full()) return;
    add(CopyComplete{}, moment);
    copy_sequence_ = sequence_;
    next_ = 0;
    walked_at_ = moment.now;
}

// A piece of the table in proportion to the time that passed; a digest at each region's end.
void Session::walk(const Moment& moment) {
    const std::uint32_t regions_in_all = regions();
    const Microseconds each = limits_.round / regions_in_all;
    auto at_once = 1 + limits_.slice / each;
    while (moment.now - walked_at_ >= each && !full() && at_once-- > 0) {
        walked_at_ = std::max(walked_at_ + each, moment.now - 8 * each);
        tell_region(next_, moment);
        if (++next_ < regions_in_all) continue;
        next_ = 0;
        forget_lost(moment);
    }
}

std::uint32_t Session::regions() const {
    return static_cast<std::uint32_t>((known_.size() + region_slots - 1) / region_slots);
}

std::uint32_t Session::region_end(std::uint32_t region) const {
    return static_cast<std::uint32_t>(std::min<std::size_t>(known_.size(), (std::size_t{region} + 1) * region_slots));
}

void Session::tell_region(std::uint32_t region, const Moment& moment) {
    for (std::uint32_t slot = region * region_slots; slot < region_end(region); ++slot) tell(slot, moment);
    tell_digest(region, moment);
    close_frame(moment);
}

void Session::tell_digest(std::uint32_t region, const Moment& moment) {
    RegionDigest digest{.region = region};
    for (std::uint32_t slot = region * region_slots; slot < region_end(region); ++slot) {
        const std::uint64_t known = known_[slot];
        if (!(known & known_told)) continue;
        ++digest.connections;
        digest.sum += digest_of(table_.identity_digest(slot, word_of(known)), known, known_told);
    }
    add(digest, moment);
    ++counters_.digests_told;
}

void Session::answer_looks(const Moment& moment) {
    std::size_t regions_left = limits_.looks_at_once;
    while (!looks_.empty() && !full() && regions_left > 0) {
        const Look look = looks_.front();
        looks_.pop_front();
        if (look.kind == LookKind::tell_slot) {
            if (known_[look.region] == 0) continue;
            known_[look.region] = 0;
            tell(look.region, moment);
            continue;
        }
        --regions_left;
        if (look.kind == LookKind::tell_anew) tell_anew(look.region, moment);
        tell_region(look.region, moment);
    }
}

// As if the other side knew nothing of the region: what is there is told, of what is not it hears that it ended.
void Session::tell_anew(std::uint32_t region, const Moment& moment) {
    ++counters_.regions_told_anew;
    for (std::uint32_t slot = region * region_slots; slot < region_end(region); ++slot) {
        if (!(known_[slot] & known_heard)) known_[slot] = 0;
        known_[slot] &= ~known_told;
        std::uint64_t control = 0;
        if (!table_.read(slot, moment.table, control)) add(Ended{.slot = slot}, moment);
        else known_[slot] &= ~known_heard;
    }
}

bool Session::worth_telling(std::uint32_t slot, std::uint64_t control, std::uint64_t known) const {
    const std::uint64_t word = word_of(known);
    if (!table::control_same(control, word)) return true;
    if (!(known & (known_told | known_heard)) || (known & known_differs)) return true;
    const std::uint32_t state = table::control_state(control);
    if (state != table::control_state(word)) return true;
    const auto longer = static_cast<std::int32_t>(table::control_expires(control) - table::control_expires(word));
    return longer > static_cast<std::int32_t>(table_.timeout_ticks(slot, state) / refresh_share + (known & known_heard ? refresh_ticks : 0));
}

void Session::tell(std::uint32_t slot, const Moment& moment) {
    const std::uint64_t known = known_[slot], seen = table_.control(slot);
    const bool live = table::control_live(seen, moment.table.tick) && !table_.is_untold(slot);
    if (known != 0 && (!live || !table::control_same(seen, word_of(known)))) tell_ended(slot, moment);
    if (!live || !worth_telling(slot, seen, known_[slot]) || meet_again(slot, seen, moment)) return;
    std::uint64_t control = 0;
    auto connection = table_.read(slot, moment.table, control);
    if (!connection) return waiting_.insert(slot);
    const std::uint32_t timeout = table_.timeout_ticks(slot, connection->state);
    // Never more than a packet of now would give: two that told each other in turn would let it live for ever.
    connection->remaining = std::min(connection->remaining, time_of(timeout, moment.table)) + time_of(timeout / refresh_share + refresh_ticks, moment.table);
    add(Told{.slot = slot, .connection = *connection}, moment);
    ++connections_in_frame_;
    ++counters_.told;
    const bool same = table::control_same(control, word_of(known_[slot]));
    known_[slot] = control | known_told | known_mine | (same ? known_[slot] & known_heard : 0);
}

void Session::tell_ended(std::uint32_t slot, const Moment& moment) {
    if (known_[slot] & known_told) {
        add(Ended{.slot = slot}, moment);
        ++counters_.ended_told;
    }
    known_[slot] = 0;
}

void Session::add(const Record& record, const Moment& moment) {
    if (frame_open_ && out_.open_bytes() + longest_record > frame_limit) close_frame(moment);
    if (!frame_open_) out_.begin_changes(++sequence_, count(moment.now));
    frame_open_ = true;
    out_.add(record);
    if (gave_way_.empty()) return;
    if (const auto* told = std::get_if<Told>(&record)) gave_way_.erase(told->slot);
    if (const auto* ended = std::get_if<Ended>(&record)) gave_way_.erase(ended->slot);
}

void Session::close_frame(const Moment& moment) {
    if (!frame_open_) return;
    out_.end_changes();
    frame_open_ = false;
    sent_.push_back({sequence_, moment.now, out_.open_bytes(), connections_in_frame_});
    in_flight_ += out_.open_bytes();
    connections_in_flight_ += connections_in_frame_;
    connections_in_frame_ = 0;
    last_sent_ = moment.now;
    ++counters_.frames_sent;
}

Microseconds Session::lag(const Moment& moment) const {
    return sent_.empty() ? Microseconds{0} : moment.now - sent_.front().at;
}

std::uint64_t Session::at_risk() const {
    return waiting_.size() + connections_in_flight_ + peer_kept_out_ - std::min<std::uint64_t>(peer_kept_out_, gave_way_.size());
}

bool Session::knows(std::uint32_t slot, std::uint64_t control) const {
    return known_[slot] != 0 && table::control_same(word_of(known_[slot]), control);
}

Phase Session::phase(const Moment& moment) const {
    if (!peer_) return Phase::connecting;
    if (counters_.refused_unremembered != 0 || moment.now - behind_since_ > limits_.hopeless) return Phase::cannot_follow;
    if (!copy_acknowledged_) return Phase::copying;
    return lag(moment) >= limits_.late ? Phase::behind : Phase::in_step;
}

std::optional<StreamFault> Session::overdue(const Moment& moment) const {
    if (lag(moment) > limits_.silence && in_flight_ >= limits_.window) return StreamFault::stalled;
    if (moment.now - last_heard_ > limits_.silence) return StreamFault::silent;
    return std::nullopt;
}

void Session::reconsider() {
    std::set<std::uint32_t> regions;
    for (const auto& [id, digest] : refused_) regions.insert(id / region_slots);
    for (const std::uint32_t region : regions) {
        if (looks_to_send_.size() >= limits_.most_looks / 2) return;  // the next round of digests finds the rest
        looks_to_send_.push_back({.region = region, .kind = LookKind::tell_anew});
    }
}

}  // namespace lvx::sync
