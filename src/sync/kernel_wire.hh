// The kernel's synchronisation protocol, versions 0 and 1: bytes to values and back.  Pure; layouts in kernel_wire.cc.
// What a decoder cannot use is named, never guessed: a fault of an entry loses that entry, a fault of the message what
// follows it, as in IPVS.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hh"

namespace lvx::sync::kernel {

// IPVS's connection flags on the wire.
enum Flag : std::uint32_t {
    flag_method_mask = 0x7,
    flag_no_output = 0x80,     // replies do not come by here
    flag_inactive = 0x100,
    flag_sequence_out = 0x200,
    flag_sequence_in = 0x400,
    flag_sequence_mask = 0x600,
    flag_no_client_port = 0x800,
    flag_template = 0x1000,
    flag_one_packet = 0x2000,
    flag_conntrack = 0x10000,
    // What a backup keeps of them.
    flag_backup_mask = flag_method_mask | flag_no_output | flag_inactive | flag_sequence_mask | flag_no_client_port | flag_template,
};

// How far a helper moved the sequence numbers of one direction.
struct SequenceShift {
    std::uint32_t initial = 0, delta = 0, previous_delta = 0;
    bool operator==(const SequenceShift&) const = default;
};

struct SequenceData {
    SequenceShift in, out;
    bool operator==(const SequenceData&) const = default;
};

struct Entry {
    std::uint8_t protocol = 6;   // 0: template of a firewall mark
    std::uint32_t flags = 0;     // version 0 carries 16 bits of them
    std::uint16_t state = 0;
    Endpoint client, destination, server;  // one family
    std::uint32_t fwmark = 0, timeout_s = 0;  // version 0 carries neither
    std::optional<SequenceData> sequence;  // with a flag of flag_sequence_mask
    std::string engine, engine_data;       // persistence engine
    bool operator==(const Entry&) const = default;
};

struct Message {
    std::uint8_t version = 1;
    std::uint8_t sync_id = 0;
    std::vector<Entry> entries;
    bool operator==(const Message&) const = default;
};

// X(name, scope, sentence).  scope message: the rest of the datagram is lost; entry: that entry.
#define LVX_KERNEL_SYNC_FAULTS(X)                                                                    \
    X(too_short, message, "shorter than its header")                                                 \
    X(wrong_length, message, "not as long as it says")                                               \
    X(other_id, message, "of another syncid")                                                        \
    X(no_entries, message, "a version 0 message without entries")                                    \
    X(cut_short, message, "ends within an entry")                                                    \
    X(bad_type, message, "an entry of unknown type")                                                 \
    X(bad_entry_version, message, "an entry of unknown version")                                     \
    X(bad_entry_size, message, "an entry smaller than its fields")                                   \
    X(bad_option, message, "an option of wrong length, or one that is there twice")                  \
    X(unknown_option, entry, "an option that must be understood and is not")                         \
    X(unknown_protocol, entry, "neither TCP, UDP, SCTP nor a template of a mark")                    \
    X(unknown_state, entry, "a state its protocol does not have")                                    \
    X(contradicting_flags, entry, "a template whose client port is yet unknown, or a connection of one packet") \
    X(unknown_engine, entry, "of a persistence engine that is not here")

enum class Fault : std::uint8_t {
#define X(name, scope, sentence) name,
    LVX_KERNEL_SYNC_FAULTS(X)
#undef X
        count
};

[[nodiscard]] std::string_view fault_name(Fault fault);
[[nodiscard]] std::string_view fault_sentence(Fault fault);

struct Decoded {
    Message message;            // what could be used
    std::vector<Fault> faults;  // in the order met; at most one of scope message, then the last
};

inline constexpr std::size_t largest_message = 65535 - 28;
inline constexpr std::size_t version_0_header = 4, version_1_header = 8;

// `sync_id` 0 takes every message's.
[[nodiscard]] Decoded decode(std::span<const std::uint8_t> datagram, std::uint8_t sync_id);

// Bytes the entry takes in a message of that version, without padding.  Version 0 has no IPv6: 0.
[[nodiscard]] std::size_t entry_size(const Entry& entry, std::uint8_t version);

// Collects entries into messages of a bounded size.
class Writer {
 public:
    Writer(std::uint8_t version, std::uint8_t sync_id, std::size_t max_length);

    // False: it does not fit any more (or, into an empty message, never), nothing was written.
    [[nodiscard]] bool add(const Entry& entry);
    [[nodiscard]] bool empty() const { return count_ == 0; }
    // The message, complete; the writer begins another one.
    [[nodiscard]] std::vector<std::uint8_t> take();

 private:
    std::uint8_t version_, sync_id_;
    std::size_t max_length_;
    std::size_t count_ = 0;
    std::vector<std::uint8_t> bytes_;
};

// Of one message that holds all; for tests and small tools.
[[nodiscard]] std::vector<std::uint8_t> encode(const Message& message);

}  // namespace lvx::sync::kernel
