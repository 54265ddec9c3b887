#include "sync/frame.hh"

#include <algorithm>
#include <cstring>

namespace lvx::sync {
namespace {

enum Type : std::uint8_t { type_hello = 1, type_changes, type_heard, type_look, type_farewell };
enum RecordType : std::uint8_t { record_told_v4 = 1, record_told_v6, record_ended, record_digest, record_copied };

constexpr std::uint8_t flag_template = 1, flag_helper = 2;
constexpr std::size_t helper_limit = 16, helper_data_limit = 255;
constexpr std::int64_t longest_time_ms = std::int64_t{1} << 31;  // 24 days: the longest timeout there is

struct FaultText {
    std::string_view name, sentence;
};
constexpr std::array fault_texts = {
#define X(name, sentence) FaultText{#name, sentence},
    LVX_SYNC_FAULTS(X)
#undef X
};

// Big-endian numbers off the front of a span; what is missing reads as zero and is remembered.
class Reader {
 public:
    explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    template <class Number>
    Number number() {
        Number value = 0;
        if (!has(sizeof value)) return 0;
        for (std::size_t i = 0; i < sizeof value; ++i) value = static_cast<Number>(static_cast<std::uint64_t>(value) << 8 | bytes_[at_ + i]);
        at_ += sizeof value;
        return value;
    }
    Address address(bool v4) {
        std::array<std::uint8_t, 16> bytes{};
        if (v4) return Address::v4(number<std::uint32_t>());
        copy(bytes);
        return Address::from_mapped(bytes);
    }
    template <std::size_t size>
    void copy(std::array<std::uint8_t, size>& to) {
        if (!has(size)) return;
        std::memcpy(to.data(), &bytes_[at_], size);
        at_ += size;
    }
    std::string text(std::size_t size) {
        if (!has(size)) return {};
        std::string result(reinterpret_cast<const char*>(&bytes_[at_]), size);
        at_ += size;
        return result;
    }
    [[nodiscard]] bool done() const { return at_ == bytes_.size(); }
    [[nodiscard]] bool complete() const { return complete_; }

 private:
    bool has(std::size_t size) {
        if (bytes_.size() - at_ < size) complete_ = false;
        return complete_;
    }
    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
    bool complete_ = true;
};

template <class Number>
void put_number(std::vector<std::uint8_t>& out, Number value) {
    for (std::size_t i = sizeof value; i-- > 0;) out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

void put_address(std::vector<std::uint8_t>& out, const Address& address, bool v4) {
    const auto& bytes = address.mapped();
    out.insert(out.end(), bytes.begin() + (v4 ? 12 : 0), bytes.end());
}

std::uint32_t milliseconds_32(Milliseconds time) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 0, longest_time_ms - 1));
}

bool all_v4(const SyncedConnection& connection) {
    return connection.key.client.address.is_v4() && connection.key.destination.address.is_v4() &&
           connection.server.address.is_v4() && connection.service.address.is_v4();
}

// Type | slot | protocol, state, method, flags (8 each) | client, destination, server, service, identity's port (16 each) |
// IPVS flags, mark of the packet, mark of the service, remaining, age, timeout (32 each) | MAC (48) | client, destination,
// server, service address | helper and its data with their lengths, where there is one.
void put_told(std::vector<std::uint8_t>& out, const Told& told) {
    const SyncedConnection& connection = told.connection;
    const bool v4 = all_v4(connection);
    const bool helped = !connection.helper.empty();
    out.push_back(v4 ? record_told_v4 : record_told_v6);
    put_number(out, told.slot);
    for (const int byte : {int{connection.key.protocol}, int{connection.state}, static_cast<int>(connection.method),
                           (connection.is_template ? flag_template : 0) | (helped ? flag_helper : 0)})
        out.push_back(static_cast<std::uint8_t>(byte));
    for (const Port port : {connection.key.client.port, connection.key.destination.port, connection.server.port,
                            connection.service.port, connection.server_port})
        put_number(out, port);
    for (const std::uint32_t word : {connection.flags, connection.fwmark, connection.service.fwmark, milliseconds_32(connection.remaining),
                                     milliseconds_32(connection.age), static_cast<std::uint32_t>(connection.timeout.count())})
        put_number(out, word);
    out.push_back(static_cast<std::uint8_t>(connection.service.protocol));
    out.insert(out.end(), connection.client_station.begin(), connection.client_station.end());
    for (const Address* address : {&connection.key.client.address, &connection.key.destination.address, &connection.server.address,
                                   &connection.service.address})
        put_address(out, *address, v4);
    if (!helped) return;
    for (const auto& [text, limit] : {std::pair(connection.helper, helper_limit), std::pair(connection.helper_data, helper_data_limit)}) {
        const std::size_t length = std::min(text.size(), limit);
        out.push_back(static_cast<std::uint8_t>(length));
        out.insert(out.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
    }
}

bool is_protocol(std::uint8_t protocol) { return protocol == 0 || protocol == 6 || protocol == 17 || protocol == 132; }

bool in_range(const SyncedConnection& connection, std::uint8_t method, std::uint8_t service_protocol) {
    return is_protocol(connection.key.protocol) && is_protocol(service_protocol) && method <= 3 && connection.state < STATE_COUNT && connection.is_template == (connection.state == STATE_template) &&
           connection.remaining.count() < longest_time_ms && connection.age.count() < longest_time_ms;
}

Told read_told(Reader& reader, bool v4, bool& valid) {
    Told told{.slot = reader.number<std::uint32_t>(), .connection = {}};
    SyncedConnection& connection = told.connection;
    connection.key.protocol = reader.number<std::uint8_t>();
    connection.state = reader.number<std::uint8_t>();
    const auto method = reader.number<std::uint8_t>(), flags = reader.number<std::uint8_t>();
    connection.is_template = flags & flag_template;
    for (Port* port : {&connection.key.client.port, &connection.key.destination.port, &connection.server.port,
                       &connection.service.port, &connection.server_port})
        *port = reader.number<Port>();
    connection.flags = reader.number<std::uint32_t>();
    connection.fwmark = reader.number<std::uint32_t>();
    connection.service.fwmark = reader.number<std::uint32_t>();
    connection.remaining = Milliseconds(reader.number<std::uint32_t>());
    connection.age = Milliseconds(reader.number<std::uint32_t>());
    connection.timeout = std::chrono::seconds(reader.number<std::uint32_t>());
    const auto service_protocol = reader.number<std::uint8_t>();
    reader.copy(connection.client_station);
    for (Address* address : {&connection.key.client.address, &connection.key.destination.address, &connection.server.address,
                             &connection.service.address})
        *address = reader.address(v4);
    if (flags & flag_helper) {
        connection.helper = reader.text(reader.number<std::uint8_t>());
        connection.helper_data = reader.text(reader.number<std::uint8_t>());
    }
    valid = in_range(connection, method, service_protocol) && !(flags & ~(flag_template | flag_helper));
    connection.method = static_cast<model::Method>(method);
    connection.service.protocol = static_cast<model::Protocol>(service_protocol);
    return told;
}

std::expected<Record, StreamFault> read_record(Reader& reader) {
    const auto type = reader.number<std::uint8_t>();
    bool valid = true;
    Record record = CopyComplete{};
    if (type == record_told_v4 || type == record_told_v6) record = read_told(reader, type == record_told_v4, valid);
    else if (type == record_ended) record = Ended{.slot = reader.number<std::uint32_t>()};
    else if (type == record_digest)
        record = RegionDigest{.region = reader.number<std::uint32_t>(),
                              .connections = reader.number<std::uint32_t>(),
                              .sum = reader.number<std::uint64_t>()};
    else if (type != record_copied) return std::unexpected(StreamFault::unknown_record);
    if (!reader.complete()) return std::unexpected(StreamFault::cut_short);
    if (!valid) return std::unexpected(StreamFault::bad_value);
    return record;
}

std::expected<Frame, StreamFault> read_changes(Reader& reader) {
    Changes changes{.sequence = reader.number<std::uint64_t>(), .sent_us = reader.number<std::uint64_t>(), .records = {}};
    while (reader.complete() && !reader.done()) {
        auto record = read_record(reader);
        if (!record) return std::unexpected(record.error());
        changes.records.push_back(std::move(*record));
    }
    return changes;
}

std::expected<Frame, StreamFault> read_hello(Reader& reader) {
    if (reader.number<std::uint64_t>() != stream_magic) return std::unexpected(StreamFault::not_lvx);
    if (reader.number<std::uint16_t>() != stream_version) return std::unexpected(StreamFault::other_version);
    return Hello{.node = reader.number<std::uint64_t>(), .boot = reader.number<std::uint64_t>(), .slots = reader.number<std::uint32_t>()};
}

std::expected<Frame, StreamFault> read_small(std::uint8_t type, Reader& reader) {
    if (type == type_heard)
        return Heard{.sequence = reader.number<std::uint64_t>(),
                     .sent_us = reader.number<std::uint64_t>(),
                     .kept_out = reader.number<std::uint32_t>(),
                     .drifted = reader.number<std::uint32_t>()};
    if (type == type_look) {
        const auto region = reader.number<std::uint32_t>();
        const auto kind = reader.number<std::uint8_t>();
        if (kind > static_cast<std::uint8_t>(LookKind::tell_slot)) return std::unexpected(StreamFault::bad_value);
        return Look{.region = region, .kind = static_cast<LookKind>(kind)};
    }
    if (type != type_farewell) return std::unexpected(StreamFault::unknown_frame);
    const auto reason = reader.number<std::uint8_t>();
    if (reason > static_cast<std::uint8_t>(Farewell::refused)) return std::unexpected(StreamFault::bad_value);
    return static_cast<Farewell>(reason);
}

std::expected<Frame, StreamFault> read_frame(std::uint8_t type, Reader& reader) {
    auto frame = type == type_hello ? read_hello(reader) : type == type_changes ? read_changes(reader) : read_small(type, reader);
    if (!frame) return frame;
    if (!reader.complete() || !reader.done()) return std::unexpected(StreamFault::cut_short);
    return frame;
}

}  // namespace

std::string_view fault_name(StreamFault fault) { return fault_texts[static_cast<std::size_t>(fault)].name; }
std::string_view fault_sentence(StreamFault fault) { return fault_texts[static_cast<std::size_t>(fault)].sentence; }

std::expected<Parsed, StreamFault> parse(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < frame_header) return Parsed{};
    const std::size_t length = Reader(bytes).number<std::uint32_t>();
    if (length > frame_limit) return std::unexpected(StreamFault::too_long);
    if (length == 0) return std::unexpected(StreamFault::cut_short);
    if (bytes.size() - 4 < length) return Parsed{};
    Reader reader(bytes.subspan(frame_header, length - 1));
    auto frame = read_frame(bytes[4], reader);
    if (!frame) return std::unexpected(frame.error());
    return Parsed{.taken = 4 + length, .frame = std::move(*frame)};
}

void FrameWriter::begin(std::uint8_t type) {
    begun_ = bytes_.size();
    put_number(bytes_, std::uint32_t{0});
    bytes_.push_back(type);
}

void FrameWriter::end() {
    const auto length = static_cast<std::uint32_t>(bytes_.size() - begun_ - 4);
    for (int i = 0; i < 4; ++i) bytes_[begun_ + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
}

void FrameWriter::put(const Hello& hello) {
    begin(type_hello);
    put_number(bytes_, stream_magic);
    put_number(bytes_, stream_version);
    put_number(bytes_, hello.node);
    put_number(bytes_, hello.boot);
    put_number(bytes_, hello.slots);
    end();
}

void FrameWriter::put(const Heard& heard) {
    begin(type_heard);
    put_number(bytes_, heard.sequence);
    put_number(bytes_, heard.sent_us);
    put_number(bytes_, heard.kept_out);
    put_number(bytes_, heard.drifted);
    end();
}

void FrameWriter::put(const Look& look) {
    begin(type_look);
    put_number(bytes_, look.region);
    bytes_.push_back(static_cast<std::uint8_t>(look.kind));
    end();
}

void FrameWriter::put(Farewell reason) {
    begin(type_farewell);
    bytes_.push_back(static_cast<std::uint8_t>(reason));
    end();
}

void FrameWriter::begin_changes(std::uint64_t sequence, std::uint64_t sent_us) {
    begin(type_changes);
    put_number(bytes_, sequence);
    put_number(bytes_, sent_us);
}

void FrameWriter::add(const Record& record) {
    if (const auto* told = std::get_if<Told>(&record)) put_told(bytes_, *told);
    else if (const auto* ended = std::get_if<Ended>(&record)) {
        bytes_.push_back(record_ended);
        put_number(bytes_, ended->slot);
    } else if (const auto* digest = std::get_if<RegionDigest>(&record)) {
        bytes_.push_back(record_digest);
        put_number(bytes_, digest->region);
        put_number(bytes_, digest->connections);
        put_number(bytes_, digest->sum);
    } else {
        bytes_.push_back(record_copied);
    }
}

void FrameWriter::end_changes() { end(); }

}  // namespace lvx::sync
