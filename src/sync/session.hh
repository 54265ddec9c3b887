// One director's knowledge of one other: the state object of lvx's own stream.  Pure: bytes and time in, bytes and
// table changes out; the driver moves the bytes, the simulator loses them.
//
//   note      the change feed says that a slot changed
//   diff      what the other side does not know yet, as frames: changed slots, and at the beginning the next piece of the copy
//   upkeep    the next piece of the table, which it goes through every `round`, digests, and answers about regions.  Short,
//             and apart, so that nothing fresh waits for it
//   apply     the other side's frames, into the table
//   acknowledge   inside apply: what it has heard leaves the window
//
// Memory is fixed when the other side has said how large its table is: 12 bytes a slot of ours for what it knows, 4 bytes
// a slot of its for where that is here, one bit a slot for what waits.  A slow peer costs lateness, never memory: a
// connection that changes while it waits is told once, as it is then.
//
// Both sides tell each other the same way.  When both know a connection in different states, whom a packet touched last
// is right; within one tick one that is not over, else the director with the greater node number.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sync/frame.hh"
#include "sync/slot_set.hh"
#include "sync/table_side.hh"

namespace lvx::sync {

using Microseconds = std::chrono::microseconds;

struct Moment {
    TableTime table;
    Microseconds now{0};  // of a clock that only goes forward
};

struct SessionLimits {
    std::size_t window = std::size_t{4} << 20;           // bytes sent and not acknowledged
    std::size_t at_once = std::size_t{512} << 10;        // bytes of one diff
    Microseconds round{std::chrono::seconds{10}};        // upkeep goes through the whole table in this time
    Microseconds heartbeat{std::chrono::milliseconds{100}};
    Microseconds silence{std::chrono::seconds{2}};       // without a word: the session is over
    Microseconds late{std::chrono::milliseconds{50}};    // lag from which on it is called behind
    Microseconds hopeless{std::chrono::seconds{10}};     // behind for so long: cannot follow
    std::uint32_t most_slots = 1u << 26;                 // of the other side's table
    std::size_t most_refused = 65536;                    // kept out and remembered, for the digests
    std::size_t most_lost = 65536;                       // moved by the table and remembered, until they are met again
    std::size_t most_looks = 4096;                       // questions of the other side that wait
    std::size_t looks_at_once = 4;                       // about regions, answered in one upkeep
    Microseconds slice{500};                             // from one upkeep to the next, about
};

// X(name, word, sentence)
#define LVX_SYNC_PHASES(X)                                                             \
    X(connecting, "connecting", "no session yet")                                      \
    X(copying, "copying", "the whole table is on its way")                             \
    X(in_step, "in step", "every change is there within moments")                      \
    X(behind, "behind", "changes arrive late")                                         \
    X(cannot_follow, "cannot follow", "changes arrive too late for too long, or have no place there")

enum class Phase : std::uint8_t {
#define X(name, word, sentence) name,
    LVX_SYNC_PHASES(X)
#undef X
};
[[nodiscard]] std::string_view phase_word(Phase phase);
[[nodiscard]] std::string_view phase_sentence(Phase phase);

struct SessionCounters {
    std::uint64_t told = 0, ended_told = 0, digests_told = 0, frames_sent = 0, bytes_sent = 0;
    std::uint64_t made = 0, changed = 0, unchanged = 0, removed = 0, kept_mine = 0, frames_heard = 0, bytes_heard = 0;
    std::uint64_t moved = 0, moved_ended = 0, moved_unremembered = 0;
    std::uint64_t digests_differed = 0, regions_mended = 0, regions_told_anew = 0, refused_unremembered = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(KeptOut::count)> kept_out{};
};

class Session {
 public:
    Session(const TableSide& table, const Hello& self, const SessionLimits& limits, const Moment& moment);

    void note(std::uint32_t slot);
    [[nodiscard]] std::vector<std::uint8_t> diff(const Moment& moment);
    [[nodiscard]] std::vector<std::uint8_t> upkeep(const Moment& moment);
    // Any piece of what the other side sent.  After a fault the session is over.
    [[nodiscard]] std::expected<void, StreamFault> apply(std::span<const std::uint8_t> bytes, const Moment& moment);
    // silent or stalled, when the other side is.
    [[nodiscard]] std::optional<StreamFault> overdue(const Moment& moment) const;
    // The configuration changed: what was kept out may have a place now.
    void reconsider();

    [[nodiscard]] Phase phase(const Moment& moment) const;
    [[nodiscard]] const std::optional<Hello>& peer() const { return peer_; }
    // Age of the oldest change the other side has not acknowledged.
    [[nodiscard]] Microseconds lag(const Moment& moment) const;
    // From our clock to the acknowledgement: the longest of late.
    [[nodiscard]] Microseconds last_round_trip() const { return round_trip_; }
    // Connections of ours the other side does not have, or has in an older state; of `live` in all.
    [[nodiscard]] std::uint64_t at_risk() const;
    // What it told us is here, copy and all.
    [[nodiscard]] bool learned() const { return copy_heard_; }
    [[nodiscard]] bool copied() const { return copy_acknowledged_; }
    [[nodiscard]] bool knows(std::uint32_t slot, std::uint64_t control) const;
    // The number of the last frame of changes, open or sent, and of the last one the other side has heard.
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
    [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
    [[nodiscard]] const SessionCounters& counters() const { return counters_; }
    [[nodiscard]] std::uint32_t peer_kept_out() const { return peer_kept_out_; }
    [[nodiscard]] std::uint32_t peer_drifted() const { return peer_drifted_; }
    [[nodiscard]] std::size_t kept_out_now() const { return refused_.size(); }

 private:
    struct Sent {
        std::uint64_t sequence;
        Microseconds at;
        std::size_t bytes;
        std::uint32_t connections;
    };
    // A copy of theirs that the table moved to its other bucket, and nobody said where.
    struct Lost {
        std::uint32_t id = 0;      // their slot
        std::uint64_t known = 0;   // as in known_, when it was moved
        bool ended = false;        // they said so meanwhile
        Microseconds since{0};
    };
    // How a region's digest compared last time.
    using Suspicions = std::unordered_map<std::uint32_t, std::uint8_t>;

    void tell(std::uint32_t slot, const Moment& moment);
    void tell_ended(std::uint32_t slot, const Moment& moment);
    [[nodiscard]] bool worth_telling(std::uint32_t slot, std::uint64_t control, std::uint64_t known) const;
    void tell_waiting(const Moment& moment);
    void walk(const Moment& moment);
    void copy_on(const Moment& moment);
    void answer_looks(const Moment& moment);
    void tell_region(std::uint32_t region, const Moment& moment);
    void tell_digest(std::uint32_t region, const Moment& moment);
    void tell_anew(std::uint32_t region, const Moment& moment);
    void add(const Record& record, const Moment& moment);
    void close_frame(const Moment& moment);
    void say_small_things(const Moment& moment);
    [[nodiscard]] bool full() const;
    [[nodiscard]] std::uint32_t regions() const;
    [[nodiscard]] std::uint32_t region_end(std::uint32_t region) const;

    [[nodiscard]] std::expected<void, StreamFault> take(const Frame& frame, const Moment& moment);
    [[nodiscard]] std::expected<void, StreamFault> take_hello(const Hello& hello);
    [[nodiscard]] std::expected<void, StreamFault> take_changes(const Changes& changes, const Moment& moment);
    [[nodiscard]] std::expected<void, StreamFault> take_heard(const Heard& heard, const Moment& moment);
    [[nodiscard]] std::expected<void, StreamFault> take_look(const Look& look);
    [[nodiscard]] std::expected<void, StreamFault> take_record(const Record& record, const Moment& moment);
    void put(const Told& told, const Moment& moment);
    void merge(const Told& told, const Placed& placed, const Moment& moment);
    void insert(const Told& told, const Moment& moment);
    [[nodiscard]] bool give_way(const Told& told, const Placed& rival, const Moment& moment);
    void end(std::uint32_t id, const Moment& moment);
    void bind(std::uint32_t id, std::uint32_t slot, std::uint64_t control, std::uint64_t flags, const Moment& moment);
    void ask_for(std::uint32_t id);
    // Where the connection of their slot is here; nothing when it has no place, or has been moved in the table since.
    [[nodiscard]] std::optional<std::uint32_t> place_of(std::uint32_t id) const;
    void refuse(const Told& told, KeptOut reason);
    [[nodiscard]] bool is_mine(std::uint32_t slot, std::uint64_t control) const;
    [[nodiscard]] bool theirs_is_newer(const Told& told, const Placed& placed, const Moment& moment) const;
    void compare(const RegionDigest& digest);
    void fetch(std::uint32_t slot) const;
    void lose(std::uint32_t id, std::uint32_t slot, const Moment& moment);
    void lost_ended(std::uint32_t id);
    void find_born(std::uint32_t id, std::uint32_t slot, std::uint64_t control);
    [[nodiscard]] bool meet_again(std::uint32_t slot, std::uint64_t control, const Moment& moment);
    void forget_lost(const Moment& moment);
    [[nodiscard]] RegionDigest digest_heard(std::uint32_t region) const;

    TableSide const& table_;
    Hello self_;
    SessionLimits limits_;
    std::optional<Hello> peer_;
    SlotSet waiting_;
    std::vector<std::uint64_t> known_;     // by slot of ours: the control word both know, with flags in its spare bits
    std::vector<std::uint32_t> bound_;     // by slot of the other side: where its connection is here
    std::vector<std::uint32_t> owner_;     // by slot of ours: whose place it is, of theirs; a connection that moves loses it
    std::unordered_map<std::uint32_t, std::uint64_t> refused_;  // by slot of the other side: digest of what was kept out
    // Slots where ours, which they were told of and keep out, gave way to theirs: they count it until they hear of the slot.
    std::unordered_set<std::uint32_t> gave_way_;
    std::unordered_map<std::uint64_t, Lost> lost_;              // by birth (abi/connection.h), which no move changes
    std::unordered_map<std::uint32_t, std::uint64_t> births_;   // by slot of the other side: of who is not where it was opened
    Suspicions suspicions_;
    std::deque<Look> looks_, looks_to_send_;
    std::deque<Sent> sent_;
    std::vector<std::uint8_t> received_;
    FrameWriter out_;
    bool frame_open_ = false, hello_sent_ = false;
    std::uint32_t connections_in_frame_ = 0;
    std::uint64_t sequence_ = 0, acknowledged_ = 0, heard_sequence_ = 0, heard_sent_us_ = 0, heard_said_ = 0;
    std::size_t in_flight_ = 0;
    std::uint64_t connections_in_flight_ = 0;
    std::uint32_t next_ = 0;               // slot the walk goes on with
    Microseconds walked_at_{0}, last_sent_{0}, last_heard_{0}, behind_since_{0}, round_trip_{0};
    std::optional<std::uint64_t> copy_sequence_;
    bool copy_heard_ = false, copy_acknowledged_ = false;
    std::uint32_t peer_kept_out_ = 0, peer_drifted_ = 0;
    SessionCounters counters_;
};

}  // namespace lvx::sync
