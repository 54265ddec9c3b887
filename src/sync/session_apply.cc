// The hearing half of a Session: the other side's frames, into the table.
#include <algorithm>

#include "sync/session.hh"
#include "sync/session_flags.hh"

namespace lvx::sync {
namespace {

// A frame and what may follow it in one read.
constexpr std::size_t most_received = 2 * frame_limit;
// Connections of a digest whose lines are on their way while one is looked at.
constexpr std::uint32_t looked_ahead = 8;
// Differing so often in a row is drift; once may be two messages that passed each other.
constexpr std::uint8_t certain = 2;

}  // namespace

std::expected<void, StreamFault> Session::apply(std::span<const std::uint8_t> bytes, const Moment& moment) {
    last_heard_ = moment.now;
    counters_.bytes_heard += bytes.size();
    while (!bytes.empty()) {
        const std::size_t piece = std::min(bytes.size(), most_received - received_.size());
        received_.insert(received_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(piece));
        bytes = bytes.subspan(piece);
        std::size_t used = 0;
        for (;;) {
            const auto parsed = parse(std::span(received_).subspan(used));
            if (!parsed) return std::unexpected(parsed.error());
            if (!parsed->frame) break;
            used += parsed->taken;
            if (auto taken = take(*parsed->frame, moment); !taken) return taken;
        }
        received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(used));
    }
    return {};
}

std::expected<void, StreamFault> Session::take(const Frame& frame, const Moment& moment) {
    if (const auto* reason = std::get_if<Farewell>(&frame))
        return std::unexpected(*reason == Farewell::duplicate ? StreamFault::duplicate
                               : *reason == Farewell::refused ? StreamFault::refused
                                                              : StreamFault::lost);
    if (const auto* hello = std::get_if<Hello>(&frame)) return take_hello(*hello);
    if (!peer_) return std::unexpected(StreamFault::out_of_order);
    if (const auto* changes = std::get_if<Changes>(&frame)) return take_changes(*changes, moment);
    if (const auto* heard = std::get_if<Heard>(&frame)) return take_heard(*heard, moment);
    return take_look(std::get<Look>(frame));
}

std::expected<void, StreamFault> Session::take_hello(const Hello& hello) {
    if (peer_) return std::unexpected(StreamFault::out_of_order);
    if (hello.node == self_.node) return std::unexpected(StreamFault::itself);
    if (hello.slots == 0 || hello.slots > limits_.most_slots) return std::unexpected(StreamFault::other_size);
    peer_ = hello;
    bound_.assign(hello.slots, nowhere);
    owner_.assign(known_.size(), nowhere);
    return {};
}

std::expected<void, StreamFault> Session::take_changes(const Changes& changes, const Moment& moment) {
    if (changes.sequence != heard_sequence_ + 1) return std::unexpected(StreamFault::out_of_order);
    for (const Record& record : changes.records)
        if (auto taken = take_record(record, moment); !taken) return taken;
    heard_sequence_ = changes.sequence;
    heard_sent_us_ = changes.sent_us;
    ++counters_.frames_heard;
    return {};
}

std::expected<void, StreamFault> Session::take_record(const Record& record, const Moment& moment) {
    if (const auto* told = std::get_if<Told>(&record)) {
        if (told->slot >= bound_.size()) return std::unexpected(StreamFault::bad_slot);
        put(*told, moment);
    } else if (const auto* ended = std::get_if<Ended>(&record)) {
        if (ended->slot >= bound_.size()) return std::unexpected(StreamFault::bad_slot);
        end(ended->slot, moment);
    } else if (const auto* digest = std::get_if<RegionDigest>(&record)) {
        if (std::size_t{digest->region} * region_slots >= bound_.size()) return std::unexpected(StreamFault::bad_slot);
        compare(*digest);
    } else {
        copy_heard_ = true;
    }
    return {};
}

std::expected<void, StreamFault> Session::take_heard(const Heard& heard, const Moment& moment) {
    if (heard.sequence > sequence_) return std::unexpected(StreamFault::never_sent);
    for (; !sent_.empty() && sent_.front().sequence <= heard.sequence; sent_.pop_front()) {
        round_trip_ = moment.now - sent_.front().at;
        in_flight_ -= sent_.front().bytes;
        connections_in_flight_ -= sent_.front().connections;
    }
    acknowledged_ = heard.sequence;
    peer_kept_out_ = heard.kept_out;
    peer_drifted_ = heard.drifted;
    copy_acknowledged_ = copy_sequence_ && heard.sequence >= *copy_sequence_;
    return {};
}

std::expected<void, StreamFault> Session::take_look(const Look& look) {
    if (look.region >= (look.kind == LookKind::tell_slot ? known_.size() : regions())) return std::unexpected(StreamFault::bad_slot);
    if (looks_.size() >= limits_.most_looks && look.kind == LookKind::tell_slot) return {};  // a digest will find it
    if (looks_.size() >= limits_.most_looks) return std::unexpected(StreamFault::too_much);
    looks_.push_back(look);
    return {};
}

// Ours: never agreed on with the other side, or touched by packets since, or told by us last.
bool Session::is_mine(std::uint32_t slot, std::uint64_t control) const {
    const std::uint64_t known = known_[slot];
    return word_of(known) != control || (known & known_mine);
}

bool Session::theirs_is_newer(const Told& told, const Placed& placed, const Moment& moment) const {
    const std::uint32_t timeout = table_.timeout_ticks(placed.slot, table::control_state(placed.control));
    const std::uint32_t last = table::control_expires(placed.control) - timeout;
    // A copy lives longer than it was told, which is no packet of tomorrow.
    const std::uint32_t mine = static_cast<std::int32_t>(last - moment.table.tick) > 0 ? moment.table.tick : last;
    const std::uint32_t theirs = moment.table.tick - ticks_of(told.connection.age, moment.table);
    const auto later = static_cast<std::int32_t>(theirs - mine);
    if (later > 1 || later < -1) return later > 0;
    // Within a tick: a client port used again right after its connection ended, perhaps with another server.
    const bool mine_over = table::reschedules_on_syn(table::control_state(placed.control)), theirs_over = table::reschedules_on_syn(told.connection.state);
    if (mine_over != theirs_over) return mine_over;
    return peer_->node > self_.node;
}

void Session::put(const Told& told, const Moment& moment) {
    refused_.erase(told.slot);
    const auto placed = table_.find(told.connection, moment.table);
    const std::uint32_t before = bound_[told.slot];
    if (before != nowhere && (!placed || placed->slot != before)) end(told.slot, moment);
    if (!placed) return insert(told, moment);
    if (table_.same_server(placed->slot, told.connection)) return merge(told, *placed, moment);
    if (!give_way(told, *placed, moment)) return refuse(told, KeptOut::other_server);
    insert(told, moment);
}

// One client port and two real servers, or one real server by two addresses: after a split both halves may have opened
// one.  Whom packets used last stays; the other ends here, as ours does there.
bool Session::give_way(const Told& told, const Placed& rival, const Moment& moment) {
    if (is_mine(rival.slot, rival.control) && !theirs_is_newer(told, rival, moment)) {
        ++counters_.kept_mine;
        // They judged by what they were told, and a packet came since: they shall judge again.
        if (word_of(known_[rival.slot]) != rival.control) known_[rival.slot] |= known_differs;
        waiting_.insert(rival.slot);
        return false;
    }
    if (!table_.remove(rival.slot, rival.control, moment.table)) return false;
    ++counters_.removed;
    waiting_.insert(rival.slot);
    return true;
}

void Session::merge(const Told& told, const Placed& placed, const Moment& moment) {
    const bool mine = is_mine(placed.slot, placed.control);
    const std::uint32_t state = table::control_state(placed.control), theirs = told.connection.state;
    const std::uint32_t expires = table::control_expires(placed.control);
    const std::uint32_t theirs_expires = moment.table.tick + ticks_of(told.connection.remaining, moment.table);
    const std::uint64_t before = table::control_same(known_[placed.slot], placed.control) ? known_[placed.slot] & known_flags : 0;
    if (mine && state != theirs && !theirs_is_newer(told, placed, moment)) {
        ++counters_.kept_mine;
        bind(told.slot, placed.slot, placed.control, before | known_heard | known_differs, moment);
        return waiting_.insert(placed.slot);
    }
    const bool later = static_cast<std::int32_t>(theirs_expires - expires) > 0;
    const auto changed = table_.change(placed.slot, placed.control, theirs, !mine || later || state != theirs ? theirs_expires : expires);
    if (!changed) {  // a packet was faster
        bind(told.slot, placed.slot, placed.control, before | known_heard | known_mine | known_differs, moment);
        return waiting_.insert(placed.slot);
    }
    ++(*changed == placed.control ? counters_.unchanged : counters_.changed);
    bind(told.slot, placed.slot, *changed, (before & known_told) | known_heard, moment);
}

void Session::insert(const Told& told, const Moment& moment) {
    auto placed = table_.insert(told.connection, moment.table);
    if (!placed && placed.error() == KeptOut::ambiguous)
        if (const auto rival = table_.find_ambiguous(told.connection, moment.table); rival && give_way(told, *rival, moment))
            placed = table_.insert(told.connection, moment.table);
    if (!placed) return refuse(told, placed.error());
    ++counters_.made;
    bind(told.slot, placed->slot, placed->control, known_heard, moment);
}

// Who has been moved away by the table is asked for, since only the other side can name it.
void Session::bind(std::uint32_t id, std::uint32_t slot, std::uint64_t control, std::uint64_t flags, const Moment& moment) {
    const std::uint32_t before = owner_[slot];
    if (before != nowhere && before != id && bound_[before] == slot) {
        lose(before, slot, moment);
        ask_for(before);
    }
    const bool ours_gave_way = known_[slot] & known_told && !table::control_same(word_of(known_[slot]), control);
    if (ours_gave_way && gave_way_.size() < limits_.most_refused) gave_way_.insert(slot);
    find_born(id, slot, control);
    bound_[id] = slot;
    owner_[slot] = id;
    known_[slot] = control | flags;
}

void Session::ask_for(std::uint32_t id) {
    if (looks_to_send_.size() < limits_.most_looks / 2) looks_to_send_.push_back({.region = id, .kind = LookKind::tell_slot});
}

void Session::refuse(const Told& told, KeptOut reason) {
    bound_[told.slot] = nowhere;
    ++counters_.kept_out[static_cast<std::size_t>(reason)];
    if (refused_.size() >= limits_.most_refused) {
        ++counters_.refused_unremembered;
        return;
    }
    refused_[told.slot] = digest_of(digest(told.connection), std::uint64_t{told.connection.state} << 32 | known_heard, known_heard);
}

std::optional<std::uint32_t> Session::place_of(std::uint32_t id) const {
    const std::uint32_t slot = bound_[id];
    return slot != nowhere && owner_[slot] == id ? std::optional(slot) : std::nullopt;
}

// Theirs ended.  What packets touched here since goes on, and so does whoever has its place since it moved.
void Session::end(std::uint32_t id, const Moment& moment) {
    refused_.erase(id);
    const auto place = place_of(id);
    bound_[id] = nowhere;
    if (!place) return lost_ended(id);
    if (!(known_[*place] & known_heard)) return;
    const std::uint32_t slot = *place;
    const std::uint64_t control = table_.control(slot);
    if (!table::control_same(control, word_of(known_[slot]))) {  // a packet's connection has its place: it ended, or moved
        lose(id, slot, moment);
        return lost_ended(id);
    }
    if (is_mine(slot, control)) {
        known_[slot] &= ~known_heard;
        return waiting_.insert(slot);
    }
    if (table_.remove(slot, control, moment.table)) ++counters_.removed;
    known_[slot] = 0;
}

// Their neighbours lie anywhere here: three lines that no cache has, for each.
void Session::fetch(std::uint32_t slot) const {
    if (slot == nowhere) return;
    __builtin_prefetch(&owner_[slot]);
    __builtin_prefetch(&known_[slot]);
    table_.fetch(slot);
}

RegionDigest Session::digest_heard(std::uint32_t region) const {
    RegionDigest digest{.region = region};
    const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(bound_.size(), (std::size_t{region} + 1) * region_slots));
    for (std::uint32_t id = region * region_slots; id < end; ++id) {
        if (id + looked_ahead < end) fetch(bound_[id + looked_ahead]);
        const auto place = place_of(id);
        if (!place) continue;
        const std::uint64_t known = known_[*place];
        if (!(known & known_heard) || !table::control_same(table_.control(*place), word_of(known))) continue;
        ++digest.connections;
        digest.sum += digest_of(table_.identity_digest(*place, word_of(known)), known, known_heard);
    }
    return digest;
}

void Session::compare(const RegionDigest& digest) {
    RegionDigest mine = digest_heard(digest.region);
    if (!refused_.empty()) {
        const std::uint32_t begin = digest.region * region_slots;
        for (std::uint32_t id = begin; id < begin + region_slots; ++id) {
            const auto found = refused_.find(id);
            if (found == refused_.end()) continue;
            ++mine.connections;
            mine.sum += found->second;
        }
    }
    if (mine == digest) {
        suspicions_.erase(digest.region);
        return;
    }
    ++counters_.digests_differed;
    if (looks_to_send_.size() >= limits_.most_looks / 2) return;  // the next round asks
    const bool sure = ++suspicions_[digest.region] >= certain;
    if (sure) {
        suspicions_.erase(digest.region);
        ++counters_.regions_mended;
    }
    looks_to_send_.push_back({.region = digest.region, .kind = sure ? LookKind::tell_anew : LookKind::digest_again});
}

}  // namespace lvx::sync
