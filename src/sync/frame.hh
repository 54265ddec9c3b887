// The bytes of lvx's own stream between two directors.  Pure.  Inside TLS: what is wrong here is a defect or another
// version, and ends the session under its name.
//
//   frame     length of the rest (32) | type (8) | body          all numbers big-endian
//   hello     magic (64) | version (16) | node (64) | boot (64) | slots (32)
//   changes   sequence (64) | sent (64, microseconds of the sender's clock) | records
//   heard     sequence (64) | sent of that frame (64) | kept out (32) | drifted regions mended (32)
//   look      region (32) | 0 digest again, 1 tell anew (8)
//   farewell  reason (8)
//
// Records are numbered by the sender's slot, which names a connection between "begun" and "ended" of that slot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sync/connection.hh"

namespace lvx::sync {

inline constexpr std::uint64_t stream_magic = 0x6c76782d73796e63;  // "lvx-sync"
inline constexpr std::uint16_t stream_version = 1;
inline constexpr std::size_t frame_limit = 64 * 1024, frame_header = 5;
inline constexpr std::uint32_t region_slots = 512;

struct Hello {
    std::uint64_t node = 0, boot = 0;
    std::uint32_t slots = 0;
    bool operator==(const Hello&) const = default;
};
struct Heard {
    std::uint64_t sequence = 0, sent_us = 0;
    std::uint32_t kept_out = 0, drifted = 0;
    bool operator==(const Heard&) const = default;
};
enum class LookKind : std::uint8_t { digest_again, tell_anew, tell_slot };  // tell_slot: of one slot, in the place of a region
struct Look {
    std::uint32_t region = 0;
    LookKind kind = LookKind::digest_again;
    bool operator==(const Look&) const = default;
};
enum class Farewell : std::uint8_t { ending, duplicate, refused };

// Records of "changes".
struct Told {
    std::uint32_t slot = 0;
    SyncedConnection connection;
    bool operator==(const Told&) const = default;
};
struct Ended {
    std::uint32_t slot = 0;
    bool operator==(const Ended&) const = default;
};
struct RegionDigest {
    std::uint32_t region = 0, connections = 0;
    std::uint64_t sum = 0;
    bool operator==(const RegionDigest&) const = default;
};
struct CopyComplete { bool operator==(const CopyComplete&) const = default; };
using Record = std::variant<Told, Ended, RegionDigest, CopyComplete>;

struct Changes {
    std::uint64_t sequence = 0, sent_us = 0;
    std::vector<Record> records;
    bool operator==(const Changes&) const = default;
};

using Frame = std::variant<Hello, Changes, Heard, Look, Farewell>;

// X(name, sentence): what ends a session, or keeps one from beginning.
#define LVX_SYNC_FAULTS(X)                                                        \
    X(not_lvx, "the other side does not speak this protocol")                     \
    X(other_version, "the other side speaks another version")                     \
    X(itself, "the other side is this director itself")                           \
    X(other_size, "the other side's table is larger than can be followed")        \
    X(too_long, "a frame longer than any may be")                                 \
    X(cut_short, "a frame shorter than its type needs")                           \
    X(unknown_frame, "a frame of unknown type")                                   \
    X(unknown_record, "a record of unknown type")                                 \
    X(out_of_order, "a frame out of order")                                       \
    X(bad_slot, "a slot outside the other side's table")                          \
    X(bad_value, "a value outside its range")                                     \
    X(never_sent, "an acknowledgement of what was never sent")                    \
    X(too_much, "more unanswered questions than any peer asks")                   \
    X(silent, "the other side was silent for too long")                           \
    X(stalled, "the other side did not take what was sent for too long")          \
    X(refused, "the other side refused this director")                            \
    X(duplicate, "another session with the same director stays")                  \
    X(not_authentic, "the TLS handshake failed: wrong key, or a certificate not trusted") \
    X(no_handshake, "the TLS handshake took too long")                            \
    X(too_many, "more sessions than are allowed")                                 \
    X(lost, "the connection was lost")

enum class StreamFault : std::uint8_t {
#define X(name, sentence) name,
    LVX_SYNC_FAULTS(X)
#undef X
        count
};
[[nodiscard]] std::string_view fault_name(StreamFault fault);
[[nodiscard]] std::string_view fault_sentence(StreamFault fault);

// The complete frame `bytes` begins with and how many bytes it took; 0: not there yet.
struct Parsed {
    std::size_t taken = 0;
    std::optional<Frame> frame;
};
[[nodiscard]] std::expected<Parsed, StreamFault> parse(std::span<const std::uint8_t> bytes);

// Appends to a stream's bytes.
class FrameWriter {
 public:
    void put(const Hello& hello);
    void put(const Heard& heard);
    void put(const Look& look);
    void put(Farewell reason);
    void begin_changes(std::uint64_t sequence, std::uint64_t sent_us);
    void add(const Record& record);
    // Bytes of the frame begun, its header included.
    [[nodiscard]] std::size_t open_bytes() const { return bytes_.size() - begun_; }
    void end_changes();

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] std::vector<std::uint8_t> take() { return std::exchange(bytes_, {}); }

 private:
    void begin(std::uint8_t type);
    void end();

    std::vector<std::uint8_t> bytes_;
    std::size_t begun_ = 0;
};

inline constexpr std::size_t longest_record = 512;

}  // namespace lvx::sync
