#include "sync/kernel_machine.hh"

#include <algorithm>

#include "abi/state.h"

namespace lvx::sync {
namespace {

constexpr Microseconds gathering{20'000};                 // a message that is not full leaves after this (IPVS: up to 2 s)
constexpr Microseconds longest_round{std::chrono::seconds{10}};
constexpr int repeats_shift = 40;                         // of told_: control's spare bits
constexpr std::uint64_t repeats_mask = std::uint64_t{0xf} << repeats_shift, counted_bit = std::uint64_t{0x10} << repeats_shift;
constexpr std::uint64_t spare_mask = repeats_mask | counted_bit;
constexpr std::size_t most_ready = 4096;                  // datagrams of one diff: more wait in the set
constexpr std::uint8_t tcp = 6, udp = 17;
constexpr std::uint32_t refresh_parts = 8;                // IPVS repeats after refresh / 8

constexpr std::uint16_t template_assured = 1;             // IPVS's state of a template
constexpr Port ftp_port = 21;                             // IPVS's templates of port 21 have no port
constexpr std::chrono::seconds template_v0{180};          // what IPVS gives one of a version 0 message

bool of_ftp(const SyncedConnection& connection) {
    return connection.is_template && connection.key.protocol == tcp && connection.service.port == ftp_port;
}

bool is_told_state(std::uint32_t state) {
    return state == STATE_udp || state == STATE_template || state == STATE_established || state == STATE_fin_wait || state == STATE_time_wait ||
           state == STATE_close || state == STATE_close_wait;
}

std::int32_t ticks_longer(std::uint64_t control, std::uint64_t told) {
    return static_cast<std::int32_t>(table::control_expires(control) - table::control_expires(told));
}

// As IPVS looks for it: by the mark, where that has a service, else by the address.
std::optional<model::ServiceKey> serving(const kernel::Entry& entry, const Directory& directory) {
    const model::ServiceKey mark = model::mark_key(entry.fwmark, entry.client.address.family());
    if (entry.fwmark == 0 || !directory.service(mark)) return directory.serving(entry.protocol, entry.destination);
    return entry.protocol == 0 ? mark : directory.serving(entry.fwmark, entry.protocol, entry.destination);
}

}  // namespace

kernel::Entry entry_of(const SyncedConnection& connection) {
    const bool replies_bypass = connection.method == model::Method::route || connection.method == model::Method::tunnel;
    const bool active = !connection.is_template && table::state_active(connection.state);
    std::uint32_t flags = static_cast<std::uint32_t>(connection.method);
    if (replies_bypass) flags |= kernel::flag_no_output;
    if (!active) flags |= kernel::flag_inactive;
    if (connection.is_template) flags |= kernel::flag_template;
    const bool one_state = connection.key.protocol == udp && !connection.is_template;
    return {.protocol = connection.key.protocol,
            .flags = flags,
            .state = static_cast<std::uint16_t>(connection.is_template ? connection.assured : one_state ? 0 : connection.state),
            .client = connection.key.client,
            .destination = of_ftp(connection) ? Endpoint{connection.key.destination.address, 0} : connection.key.destination,
            .server = of_ftp(connection) ? Endpoint{connection.server.address, 0} : connection.server,
            .fwmark = connection.fwmark,
            .timeout_s = static_cast<std::uint32_t>(connection.timeout.count()),
            .sequence = std::nullopt,
            .engine = connection.helper,
            .engine_data = connection.helper_data};
}

std::expected<SyncedConnection, KeptOut> connection_of(const kernel::Entry& entry, const Directory& directory) {
    const bool is_template = entry.flags & kernel::flag_template;
    const bool of_mark = is_template && entry.protocol == 0 && entry.fwmark != 0;  // a template
    if (entry.protocol != tcp && entry.protocol != udp && !of_mark) return std::unexpected(KeptOut::not_in_table);
    if (entry.flags & kernel::flag_no_client_port) return std::unexpected(KeptOut::not_in_table);
    Endpoint destination = entry.destination;
    auto service = serving(entry, directory);
    if (!service && is_template && entry.protocol == tcp && destination.port == 0) {
        destination.port = ftp_port;
        service = directory.serving(entry.protocol, destination);
    }
    if (!service) return std::unexpected(KeptOut::no_service);
    SyncedConnection connection{.key = {.protocol = entry.protocol, .client = entry.client, .destination = destination},
                                .server = entry.server,
                                .service = *service,
                                .server_port = entry.server.port,
                                .state = static_cast<std::uint8_t>(is_template ? STATE_template : entry.protocol == udp ? STATE_udp : entry.state),
                                .is_template = is_template,
                                .assured = is_template && entry.state == template_assured,
                                .fwmark = entry.fwmark,
                                .timeout = std::chrono::seconds(entry.timeout_s)};
    const auto id = directory.service(*service);
    if (!directory.server(*id, connection.server_identity())) connection.server_port = 0;
    if (is_template && !directory.server(*id, connection.server_identity())) connection.server_port = service->port;
    if (!directory.server(*id, connection.server_identity())) return std::unexpected(KeptOut::no_server);
    return connection;
}

std::uint32_t told_packets(const KernelTuning& tuning) {
    if (tuning.period == 0 && tuning.refresh.count() > 0) return 0;
    return tuning.period << 16 | tuning.threshold;
}

KernelMaster::KernelMaster(const TableSide& table, const KernelTuning& tuning, std::uint8_t sync_id, std::size_t max_length,
                           const Moment& moment)
    : table_(table), tuning_(tuning), waiting_(table.slots()), told_(table.slots()), round_(longest_round), walked_at_(moment.now) {
    if (tuning.refresh.count() > 0) round_ = std::min(round_, Microseconds(tuning.refresh) / refresh_parts);
    for (std::uint32_t port = 0; port < std::max(tuning.ports, 1u); ++port)
        buffers_.push_back({.writer = kernel::Writer(tuning.version, sync_id, max_length)});
}

void KernelMaster::know(const Placed& placed) { told_[placed.slot] = placed.control; }

std::vector<Datagram> KernelMaster::diff(const Moment& moment) {
    for (std::size_t left = waiting_.size(); left > 0 && ready_.size() < most_ready; --left) consider(*waiting_.take(), moment);
    walk(moment);
    for (std::uint32_t port = 0; port < buffers_.size(); ++port)
        if (!buffers_[port].writer.empty() && moment.now - buffers_[port].since >= gathering) flush(port);
    return std::exchange(ready_, {});
}

void KernelMaster::walk(const Moment& moment) {
    const auto slots = static_cast<std::int64_t>(told_.size());
    const Microseconds passed = std::min(moment.now - walked_at_, round_);
    const std::int64_t share = slots * passed.count() / std::max<std::int64_t>(round_.count(), 1);
    if (share == 0) return;
    walked_at_ = moment.now;
    for (std::int64_t i = 0; i < share && ready_.size() < most_ready; ++i) {
        consider(next_, moment);
        next_ = next_ + 1 < told_.size() ? next_ + 1 : 0;
    }
}

void KernelMaster::note_counted(std::uint32_t slot) {
    told_[slot] |= counted_bit;
    waiting_.insert(slot);
}

KernelMaster::Due KernelMaster::due(std::uint32_t slot, std::uint64_t control, bool counted, const Moment& moment) const {
    const std::uint64_t told = told_[slot] & ~spare_mask;
    const std::uint32_t state = table::control_state(control);
    const bool known = told != 0 && table::control_same(told, control);
    if (state == STATE_template) return known ? template_due(slot, control, moment) : Due::yes;
    const bool changed = !known || table::control_state(told) != state;
    if (changed && state != STATE_established && state != STATE_udp) return Due::yes;
    const Due by_life = tuning_.refresh.count() > 0 && known ? due_by_life(slot, control, moment) : Due::yes;
    if (tuning_.period > 0) return counted ? by_life : Due::no;
    if (tuning_.refresh.count() > 0) return !known || ticks_longer(control, told) > 0 ? by_life : Due::no;
    return counted ? Due::yes : Due::no;
}

// Whether a packet made its life longer by enough, or by so much that it may be repeated.
KernelMaster::Due KernelMaster::due_by_life(std::uint32_t slot, std::uint64_t control, const Moment& moment) const {
    const std::int32_t longer = ticks_longer(control, told_[slot]);
    const Milliseconds by = time_of(longer, moment.table);
    const Milliseconds timeout = time_of(table_.timeout_ticks(slot, table::control_state(control)), moment.table);
    const Milliseconds least = std::min<Milliseconds>(tuning_.refresh, std::max<Milliseconds>(timeout / 2, std::chrono::seconds{10}));
    if (std::max(by, -by) >= least) return Due::yes;
    const std::uint64_t repeated = (told_[slot] & repeats_mask) >> repeats_shift;
    return longer > 0 && by >= tuning_.refresh / refresh_parts && repeated < tuning_.retries ? Due::repeated : Due::no;
}

KernelMaster::Due KernelMaster::template_due(std::uint32_t slot, std::uint64_t control, const Moment& moment) const {
    if (tuning_.refresh.count() > 0) return due_by_life(slot, control, moment);
    const std::int32_t longer = ticks_longer(control, told_[slot]);
    return tuning_.period > 0 && longer > 0 && time_of(longer, moment.table) >= longest_round / 2 ? Due::yes : Due::no;
}

void KernelMaster::consider(std::uint32_t slot, const Moment& moment) {
    const std::uint64_t seen = table_.control(slot);
    const bool counted = told_[slot] & counted_bit;
    told_[slot] &= ~counted_bit;
    if (!table::control_live(seen, moment.table.tick) || table_.is_untold(slot)) {
        told_[slot] = 0;
        return;
    }
    if (!is_told_state(table::control_state(seen))) return;
    const Due is_due = due(slot, seen, counted, moment);
    if (is_due == Due::no) return;
    std::uint64_t control = 0;
    auto connection = table_.read(slot, moment.table, control);
    if (!connection || !is_told_state(connection->state)) return;
    if (!connection->is_template)
        connection->timeout = std::chrono::floor<std::chrono::seconds>(
            time_of(table_.timeout_ticks(slot, connection->state), moment.table));
    const std::uint64_t repeats = is_due == Due::repeated ? (told_[slot] & repeats_mask) + (std::uint64_t{1} << repeats_shift) : 0;
    told_[slot] = control | repeats;
    add(slot % static_cast<std::uint32_t>(buffers_.size()), entry_of(*connection), moment);
}

void KernelMaster::add(std::uint32_t port, const kernel::Entry& entry, const Moment& moment) {
    Buffer& buffer = buffers_[port];
    if (kernel::entry_size(entry, tuning_.version) == 0) {
        ++counters_.not_carried;
        return;
    }
    if (buffer.writer.empty()) buffer.since = moment.now;
    if (!buffer.writer.add(entry)) {
        if (!buffer.writer.empty()) flush(port);
        buffer.since = moment.now;
        if (!buffer.writer.add(entry)) {
            ++counters_.not_carried;
            return;
        }
    }
    ++counters_.entries;
}

void KernelMaster::flush(std::uint32_t port) {
    ready_.push_back({.port = port, .bytes = buffers_[port].writer.take()});
    ++counters_.messages;
}

std::vector<Placed> KernelBackup::apply(std::span<const std::uint8_t> datagram, const Moment& moment) {
    const kernel::Decoded decoded = kernel::decode(datagram, sync_id_);
    ++counters_.messages;
    for (const kernel::Fault fault : decoded.faults) ++counters_.faults[static_cast<std::size_t>(fault)];
    std::vector<Placed> placed;
    for (const kernel::Entry& entry : decoded.message.entries) {
        ++counters_.entries;
        if (const auto place = take(entry, moment)) placed.push_back(*place);
    }
    return placed;
}

std::optional<Placed> KernelBackup::take(const kernel::Entry& entry, const Moment& moment) {
    auto connection = connection_of(entry, table_.directory());
    if (!connection) {
        ++counters_.kept_out[static_cast<std::size_t>(connection.error())];
        return std::nullopt;
    }
    const auto found = table_.find(*connection, moment.table);
    if (!found) return insert(*connection, moment);
    if (!table_.same_server(found->slot, *connection)) {
        // As in IPVS: a closing one never replaces another, an active one does.  A template does, too: its master scheduled anew.
        const bool closing = entry.flags & kernel::flag_inactive && !connection->is_template;
        if (closing || !table_.remove(found->slot, found->control, moment.table)) {
            ++counters_.ignored;
            return std::nullopt;
        }
        return insert(*connection, moment);
    }
    const std::uint32_t ticks = full_life(found->slot, *connection, moment);
    const auto changed = table_.change(found->slot, found->control, connection->state, moment.table.tick + ticks);
    if (!changed) return std::nullopt;
    if (connection->assured) table_.assure({found->slot, *changed});
    ++counters_.changed;
    return Placed{found->slot, *changed};
}

// Version 0 says no timeout: that of the state.
std::uint32_t KernelBackup::full_life(std::uint32_t slot, const SyncedConnection& connection, const Moment& moment) const {
    if (connection.timeout.count() > 0) return ticks_of(connection.timeout, moment.table);
    return connection.is_template ? ticks_of(template_v0, moment.table) : table_.timeout_ticks(slot, connection.state);
}

std::optional<Placed> KernelBackup::insert(const SyncedConnection& connection, const Moment& moment) {
    SyncedConnection timed = connection;
    timed.remaining = connection.timeout;
    timed.method = table_.method_here(connection);
    auto placed = table_.insert(timed, moment.table);
    if (!placed) {
        ++counters_.kept_out[static_cast<std::size_t>(placed.error())];
        return std::nullopt;
    }
    ++counters_.made;
    if (connection.assured) table_.assure(*placed);
    if (connection.timeout.count() > 0) return *placed;
    const std::uint32_t ticks = full_life(placed->slot, connection, moment);
    if (const auto changed = table_.change(placed->slot, placed->control, connection.state, moment.table.tick + ticks))
        placed->control = *changed;
    return *placed;
}

}  // namespace lvx::sync
