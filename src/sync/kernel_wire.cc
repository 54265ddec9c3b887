#include "sync/kernel_wire.hh"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace lvx::sync::kernel {
namespace {

// Version 1, everything big-endian:
//
//   message   0 zero | 1 syncid | 2 size (16) | 4 entries | 5 version = 1 | 6 spare (16)
//   entry     0 type | 1 protocol | 2 entry version (4), size (12) | 4 flags | 8 state | 10 client port |
//             12 virtual port | 14 server port | 16 mark | 20 timeout | 24 client, virtual, server address | options
//   option    0 type | 1 length | data
//
// Each entry starts on a multiple of four; the padding before it belongs to the message, not to an entry.
constexpr std::size_t entry_v4 = 36, entry_v6 = 72, addresses_at = 24;
// Version 0: 0 entries | 1 syncid | 2 size (16);  0 zero | 1 protocol | 2 client, virtual, server port | 8 client,
// virtual, server address | 20 flags (16) | 22 state (16) | sequence data in the sender's order of bytes.
constexpr std::size_t entry_v0 = 24, sequence_bytes = 24;
constexpr std::uint8_t type_ipv6 = 1;
constexpr std::uint8_t option_sequence = 1, option_engine_data = 2, option_engine_name = 3, option_may_ignore = 0x40;
constexpr std::size_t engine_data_limit = 255, engine_name_limit = 16, entries_limit = 255;

struct FaultText {
    std::string_view name, sentence;
    bool of_message;
};
constexpr std::array fault_texts = {
#define X(name, scope, sentence) FaultText{#name, sentence, std::string_view(#scope) == "message"},
    LVX_KERNEL_SYNC_FAULTS(X)
#undef X
};

std::uint16_t read16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] << 8 | at[1]); }
std::uint32_t read32(const std::uint8_t* at) { return std::uint32_t{read16(at)} << 16 | read16(at + 2); }

void put16(std::vector<std::uint8_t>& out, std::uint32_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}
void put32(std::vector<std::uint8_t>& out, std::uint32_t value) {
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}

Address read_address(const std::uint8_t* at, bool v6) {
    if (!v6) return Address::v4(read32(at));
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), at, bytes.size());
    return Address::v6(bytes);
}
void put_address(std::vector<std::uint8_t>& out, const Address& address) {
    const auto& bytes = address.mapped();
    out.insert(out.end(), bytes.begin() + (address.is_v4() ? 12 : 0), bytes.end());
}

// As the entry's protocol numbers its states (facts: 11 of TCP, 14 of SCTP, 1 of UDP; a template is none or assured).
bool state_exists(const Entry& entry) {
    if (entry.flags & flag_template) return entry.state < 2;
    return entry.state < (entry.protocol == 6 ? 11 : entry.protocol == 132 ? 14 : 1);
}

std::optional<Fault> unusable(const Entry& entry) {
    const bool of_mark = entry.protocol == 0 && entry.flags & flag_template;
    if (entry.protocol != 6 && entry.protocol != 17 && entry.protocol != 132 && !of_mark) return Fault::unknown_protocol;
    if (!state_exists(entry)) return Fault::unknown_state;
    if (entry.flags & flag_one_packet) return Fault::contradicting_flags;
    if (entry.flags & flag_no_client_port && entry.flags & flag_template) return Fault::contradicting_flags;
    if (!entry.engine.empty() && entry.engine != "sip") return Fault::unknown_engine;
    return std::nullopt;
}

SequenceShift read_shift(const std::uint8_t* at, std::uint32_t (*read)(const std::uint8_t*)) {
    return {read(at), read(at + 4), read(at + 8)};
}

std::uint32_t read_native(const std::uint8_t* at) {
    std::uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

void put_shift(std::vector<std::uint8_t>& out, const SequenceShift& shift) {
    put32(out, shift.initial);
    put32(out, shift.delta);
    put32(out, shift.previous_delta);
}

void put_native_shift(std::vector<std::uint8_t>& out, const SequenceShift& shift) {
    for (const std::uint32_t value : {shift.initial, shift.delta, shift.previous_delta}) {
        std::uint8_t bytes[4];
        std::memcpy(bytes, &value, sizeof value);
        out.insert(out.end(), bytes, bytes + 4);
    }
}

// One option's data into the entry; a fault of scope message ends the message.
std::optional<Fault> read_option(Entry& entry, std::uint8_t type, std::span<const std::uint8_t> data) {
    const auto text = [&] { return std::string(data.begin(), data.end()); };
    switch (type & ~option_may_ignore) {
        case option_sequence:
            if (entry.sequence || data.size() != sequence_bytes) return Fault::bad_option;
            entry.sequence = SequenceData{read_shift(data.data(), read32), read_shift(data.data() + 12, read32)};
            return std::nullopt;
        case option_engine_data:
            if (!entry.engine_data.empty()) return Fault::bad_option;
            entry.engine_data = text();
            return std::nullopt;
        case option_engine_name:
            if (!entry.engine.empty() || data.size() > engine_name_limit) return Fault::bad_option;
            entry.engine = text();
            return std::nullopt;
        default:
            return type & option_may_ignore ? std::nullopt : std::optional(Fault::unknown_option);
    }
}

// All options; of those of scope entry the first is told, since the rest must still have the right form.
std::optional<Fault> read_options(Entry& entry, std::span<const std::uint8_t> bytes) {
    std::optional<Fault> of_entry;
    while (!bytes.empty()) {
        if (bytes.size() < 2 || bytes[1] == 0 || bytes.size() < std::size_t{2} + bytes[1]) return Fault::bad_option;
        const auto fault = read_option(entry, bytes[0], bytes.subspan(2, bytes[1]));
        if (fault && fault_texts[static_cast<std::size_t>(*fault)].of_message) return fault;
        if (fault && !of_entry) of_entry = fault;
        bytes = bytes.subspan(std::size_t{2} + bytes[1]);
    }
    return of_entry;
}

void read_fields(Entry& entry, const std::uint8_t* at, bool v6) {
    const std::size_t step = v6 ? 16 : 4;
    entry.protocol = at[1];
    entry.flags = read32(at + 4);
    entry.state = read16(at + 8);
    entry.fwmark = read32(at + 16);
    entry.timeout_s = read32(at + 20);
    entry.client = {read_address(at + addresses_at, v6), read16(at + 10)};
    entry.destination = {read_address(at + addresses_at + step, v6), read16(at + 12)};
    entry.server = {read_address(at + addresses_at + 2 * step, v6), read16(at + 14)};
}

// The entry `bytes` begins with, and how long it is; 0 with a fault of scope message.
struct Piece {
    Entry entry;
    std::size_t size = 0;
    std::optional<Fault> fault;
};

Piece broken_at(Fault fault) { return {.entry = {}, .size = 0, .fault = fault}; }

Piece read_entry_v1(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < 4) return broken_at(Fault::cut_short);
    if (bytes[0] & ~type_ipv6) return broken_at(Fault::bad_type);
    const bool v6 = bytes[0] & type_ipv6;
    const std::size_t fixed = v6 ? entry_v6 : entry_v4, size = read16(&bytes[2]) & 0xfff;
    if (bytes[2] >> 4) return broken_at(Fault::bad_entry_version);
    if (size < fixed) return broken_at(Fault::bad_entry_size);
    if (bytes.size() < size) return broken_at(Fault::cut_short);
    Piece piece{.entry = {}, .size = size, .fault = std::nullopt};
    read_fields(piece.entry, bytes.data(), v6);
    piece.fault = read_options(piece.entry, bytes.subspan(fixed, size - fixed));
    if (piece.fault && fault_texts[static_cast<std::size_t>(*piece.fault)].of_message) piece.size = 0;
    if (!piece.fault) piece.fault = unusable(piece.entry);
    return piece;
}

Piece read_entry_v0(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < entry_v0) return broken_at(Fault::cut_short);
    const std::uint8_t* at = bytes.data();
    Piece piece{.entry = {}, .size = entry_v0, .fault = std::nullopt};
    piece.entry.protocol = at[1];
    piece.entry.client = {read_address(at + 8, false), read16(at + 2)};
    piece.entry.destination = {read_address(at + 12, false), read16(at + 4)};
    piece.entry.server = {read_address(at + 16, false), read16(at + 6)};
    piece.entry.flags = read16(at + 20);
    piece.entry.state = read16(at + 22);
    if (piece.entry.flags & flag_sequence_mask) {
        if (bytes.size() < entry_v0 + sequence_bytes) return broken_at(Fault::cut_short);
        piece.size += sequence_bytes;
        piece.entry.sequence = SequenceData{read_shift(at + entry_v0, read_native), read_shift(at + entry_v0 + 12, read_native)};
    }
    piece.fault = unusable(piece.entry);
    return piece;
}

void read_entries(Decoded& result, std::span<const std::uint8_t> datagram, std::size_t at, std::size_t count) {
    const bool v1 = result.message.version == 1;
    for (std::size_t i = 0; i < count; ++i) {
        if (v1) at = (at + 3) & ~std::size_t{3};
        const std::span rest = datagram.subspan(std::min(at, datagram.size()));
        Piece piece = v1 ? read_entry_v1(rest) : read_entry_v0(rest);
        if (piece.fault) result.faults.push_back(*piece.fault);
        if (piece.size == 0) return;
        if (!piece.fault) result.message.entries.push_back(std::move(piece.entry));
        at += piece.size;
    }
}

bool is_version_1(std::span<const std::uint8_t> datagram) {
    return datagram.size() >= version_1_header && datagram[5] == 1 && datagram[0] == 0 && read16(&datagram[6]) == 0;
}

Decoded refused(Fault fault) {
    Decoded result;
    result.faults.push_back(fault);
    return result;
}

void put_option(std::vector<std::uint8_t>& out, std::uint8_t type, const std::string& data, std::size_t limit) {
    if (data.empty()) return;
    const std::size_t length = std::min(data.size(), limit);
    out.push_back(type);
    out.push_back(static_cast<std::uint8_t>(length));
    out.insert(out.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(length));
}

std::size_t option_size(const std::string& data, std::size_t limit) {
    return data.empty() ? 0 : 2 + std::min(data.size(), limit);
}

void put_entry_v1(std::vector<std::uint8_t>& out, const Entry& entry) {
    out.push_back(entry.client.address.is_v4() ? 0 : type_ipv6);
    out.push_back(entry.protocol);
    put16(out, static_cast<std::uint32_t>(entry_size(entry, 1)));
    put32(out, entry.flags);
    put16(out, entry.state);
    for (const Port port : {entry.client.port, entry.destination.port, entry.server.port}) put16(out, port);
    put32(out, entry.fwmark);
    put32(out, entry.timeout_s);
    for (const Endpoint* end : {&entry.client, &entry.destination, &entry.server}) put_address(out, end->address);
    if (entry.sequence) {
        out.push_back(option_sequence);
        out.push_back(static_cast<std::uint8_t>(sequence_bytes));
        put_shift(out, entry.sequence->in);
        put_shift(out, entry.sequence->out);
    }
    put_option(out, option_engine_data, entry.engine_data, engine_data_limit);
    put_option(out, option_engine_name, entry.engine, engine_name_limit);
}

void put_entry_v0(std::vector<std::uint8_t>& out, const Entry& entry) {
    out.push_back(0);
    out.push_back(entry.protocol);
    for (const Port port : {entry.client.port, entry.destination.port, entry.server.port}) put16(out, port);
    for (const Endpoint* end : {&entry.client, &entry.destination, &entry.server}) put_address(out, end->address);
    put16(out, entry.flags & 0xffff);
    put16(out, entry.state);
    if (!(entry.flags & flag_sequence_mask)) return;
    const SequenceData data = entry.sequence.value_or(SequenceData{});
    put_native_shift(out, data.in);
    put_native_shift(out, data.out);
}

}  // namespace

std::string_view fault_name(Fault fault) { return fault_texts[static_cast<std::size_t>(fault)].name; }
std::string_view fault_sentence(Fault fault) { return fault_texts[static_cast<std::size_t>(fault)].sentence; }

Decoded decode(std::span<const std::uint8_t> datagram, std::uint8_t sync_id) {
    if (datagram.size() < version_0_header) return refused(Fault::too_short);
    if (read16(&datagram[2]) != datagram.size()) return refused(Fault::wrong_length);
    Decoded result;
    const bool v1 = is_version_1(datagram);
    const std::size_t count = v1 ? datagram[4] : datagram[0];
    result.message.version = v1 ? 1 : 0;
    result.message.sync_id = datagram[1];
    if (sync_id != 0 && sync_id != datagram[1]) return refused(Fault::other_id);
    if (!v1 && count == 0) return refused(Fault::no_entries);
    read_entries(result, datagram, v1 ? version_1_header : version_0_header, count);
    return result;
}

std::size_t entry_size(const Entry& entry, std::uint8_t version) {
    const bool v4 = entry.client.address.is_v4();
    if (version == 0) return !v4 ? 0 : entry_v0 + (entry.flags & flag_sequence_mask ? sequence_bytes : 0);
    return (v4 ? entry_v4 : entry_v6) + (entry.sequence ? 2 + sequence_bytes : 0) +
           option_size(entry.engine_data, engine_data_limit) + option_size(entry.engine, engine_name_limit);
}

Writer::Writer(std::uint8_t version, std::uint8_t sync_id, std::size_t max_length)
    : version_(version), sync_id_(sync_id), max_length_(std::min(max_length, largest_message)) {
    bytes_.resize(version == 1 ? version_1_header : version_0_header);
}

bool Writer::add(const Entry& entry) {
    const std::size_t size = entry_size(entry, version_);
    const std::size_t padding = version_ == 1 ? (4 - bytes_.size() % 4) % 4 : 0;
    if (size == 0 || count_ == entries_limit || bytes_.size() + padding + size > max_length_) return false;
    bytes_.resize(bytes_.size() + padding);
    if (version_ == 1) put_entry_v1(bytes_, entry);
    else put_entry_v0(bytes_, entry);
    ++count_;
    return true;
}

std::vector<std::uint8_t> Writer::take() {
    const std::size_t size = bytes_.size();
    bytes_[version_ == 1 ? 4 : 0] = static_cast<std::uint8_t>(count_);
    bytes_[1] = sync_id_;
    bytes_[2] = static_cast<std::uint8_t>(size >> 8);
    bytes_[3] = static_cast<std::uint8_t>(size);
    if (version_ == 1) bytes_[5] = 1;
    count_ = 0;
    std::vector<std::uint8_t> empty(version_ == 1 ? version_1_header : version_0_header);
    return std::exchange(bytes_, std::move(empty));
}

std::vector<std::uint8_t> encode(const Message& message) {
    Writer writer(message.version, message.sync_id, largest_message);
    for (const Entry& each : message.entries)
        if (!writer.add(each)) break;
    return writer.take();
}

}  // namespace lvx::sync::kernel
