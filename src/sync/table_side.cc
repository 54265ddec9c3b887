#include "sync/table_side.hh"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lvx::sync {
namespace {

struct ReasonText {
    std::string_view name, sentence;
};
constexpr std::array reason_texts = {
#define X(name, sentence) ReasonText{#name, sentence},
    LVX_SYNC_KEPT_OUT(X)
#undef X
};

std::uint16_t swapped(std::uint16_t port) { return static_cast<std::uint16_t>(port << 8 | port >> 8); }

// A template's client port is the table's own affair.
Port client_port_of(const abi::connection& copy) { return copy.flags & abi::CONNECTION_TEMPLATE ? Port{0} : swapped(copy.client_port); }

Address address_of(const abi::address& address) {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), address.bytes, bytes.size());
    return Address::from_mapped(bytes);
}

abi::address abi_address(const Address& address) {
    abi::address result;
    std::memcpy(result.bytes, address.mapped().data(), sizeof result.bytes);
    return result;
}

std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

struct Mixer {
    std::uint64_t sum = 0x9e3779b97f4a7c15;
    void add(std::uint64_t value) { sum = mixed(sum ^ value) + 0x9e3779b97f4a7c15; }
    void add(const Address& address) {
        std::uint64_t halves[2];
        std::memcpy(halves, address.mapped().data(), sizeof halves);
        add(halves[0]);
        add(halves[1]);
    }
};

// The mark of its service's row (abi/service.h).
std::uint32_t mark_of(const abi::service& service) {
    if (service.family == static_cast<std::uint8_t>(Family::v4)) return address_of(service.address).v4_value();
    std::uint32_t mark = 0;
    for (unsigned byte = 0; byte < sizeof mark; ++byte) mark = mark << 8 | service.address.bytes[byte];
    return mark;
}

model::ServiceKey key_of(const table::table& table, std::uint32_t set, const abi::service& service) {
    if (service.flags & abi::SERVICE_MARK) return model::mark_key(mark_of(service), static_cast<Family>(service.family));
    const abi::service* leader = service.flags & abi::SERVICE_MEMBER ? table::table_service(&table, set, service.leader) : nullptr;
    return {.protocol = static_cast<model::Protocol>(service.protocol),
            .address = address_of(service.address),
            .port = swapped(service.port),
            .fwmark = leader ? mark_of(*leader) : 0};
}

model::ServiceKey marked(model::ServiceKey key, std::uint32_t mark) {
    key.fwmark = mark;
    return key;
}

// What is the same everywhere about a connection; not its state and times.
std::uint64_t digest_of(std::uint8_t protocol, bool is_template, const Endpoint& client, const Endpoint& destination, const Endpoint& server) {
    Mixer mixer;
    mixer.add(std::uint64_t{is_template} << 56 | std::uint64_t{protocol} << 48 | std::uint64_t{client.port} << 32 | std::uint64_t{destination.port} << 16 | server.port);
    mixer.add(client.address);
    mixer.add(destination.address);
    mixer.add(server.address);
    return mixer.sum | 1;
}

}  // namespace

std::string_view kept_out_name(KeptOut reason) { return reason_texts[static_cast<std::size_t>(reason)].name; }
std::string_view kept_out_sentence(KeptOut reason) { return reason_texts[static_cast<std::size_t>(reason)].sentence; }

std::uint64_t digest(const SyncedConnection& connection) {
    return digest_of(connection.key.protocol, connection.is_template, connection.key.client, connection.key.destination, connection.server);
}

std::uint32_t ticks_of(Milliseconds time, const TableTime& clock) {
    return static_cast<std::uint32_t>((std::max<std::int64_t>(time.count(), 0) * 1000 + clock.tick_us - 1) / clock.tick_us);
}

Milliseconds time_of(std::int64_t ticks, const TableTime& clock) { return Milliseconds(ticks * clock.tick_us / 1000); }

std::size_t Directory::Hash::operator()(const model::ServiceKey& key) const {
    Mixer mixer;
    mixer.add(std::uint64_t{key.fwmark} << 32 | std::uint64_t{key.port} << 8 | static_cast<std::uint8_t>(key.protocol));
    mixer.add(key.address);
    return mixer.sum;
}

std::size_t Directory::Hash::operator()(const std::pair<std::uint32_t, Endpoint>& key) const {
    Mixer mixer;
    mixer.add(std::uint64_t{key.first} << 16 | key.second.port);
    mixer.add(key.second.address);
    return mixer.sum;
}

Directory Directory::of(const table::table& table, std::uint32_t set) {
    Directory directory;
    for (std::uint32_t id = 0; id < table.max_services; ++id) {
        const abi::service& service = table.services[set * table.max_services + id];
        if (!(service.flags & abi::SERVICE_PRESENT)) continue;
        model::ServiceKey key = key_of(table, set, service);
        directory.services_.emplace(key, id);
        if (!(service.flags & abi::SERVICE_MEMBER)) continue;
        directory.leaders_.emplace(id, service.leader);
        const std::uint32_t mark = std::exchange(key.fwmark, 0);
        directory.marks_.emplace(key, mark);
    }
    for (std::uint32_t id = 0; id < table.max_servers; ++id) {
        const abi::server& server = table.servers[set * table.max_servers + id];
        if (!(server.flags & abi::SERVER_AVAILABLE)) continue;
        directory.servers_.emplace(std::pair(server.service, Endpoint{address_of(server.address), swapped(server.port)}), id);
    }
    return directory;
}

std::optional<std::uint32_t> Directory::service(const model::ServiceKey& key) const {
    const auto found = services_.find(key);
    return found == services_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> Directory::server(std::uint32_t service, const Endpoint& identity) const {
    const auto leader = leaders_.find(service);
    const auto found = servers_.find({leader == leaders_.end() ? service : leader->second, identity});
    return found == servers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<model::ServiceKey> Directory::serving(std::uint8_t protocol, const Endpoint& destination) const {
    for (const Port port : {destination.port, Port{0}}) {
        const model::ServiceKey key{.protocol = static_cast<model::Protocol>(protocol), .address = destination.address, .port = port};
        if (const auto found = marks_.find(key); found != marks_.end()) return marked(key, found->second);
    }
    return serving(0, protocol, destination);
}

std::optional<model::ServiceKey> Directory::serving(std::uint32_t mark, std::uint8_t protocol, const Endpoint& destination) const {
    for (const Port port : {destination.port, Port{0}}) {
        const model::ServiceKey key{.protocol = static_cast<model::Protocol>(protocol), .address = destination.address, .port = port, .fwmark = mark};
        if (services_.contains(key)) return key;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> Directory::service_of(const SyncedConnection& connection) const {
    const bool of_member = connection.service.fwmark != 0 && connection.service.protocol != model::Protocol::ip;
    if (!of_member) return service(connection.service);
    const auto key = serving(connection.service.fwmark, connection.key.protocol, connection.key.destination);
    return key ? service(*key) : std::nullopt;
}

TableSide::TableSide(const table::table& table, std::uint32_t set)
    : table_(table), set_(set), directory_(Directory::of(table, set)) {
    table_.marks = nullptr;
}

void TableSide::learn_ids(std::uint32_t set) {
    set_ = set;
    directory_ = Directory::of(table_, set);
}

std::uint32_t TableSide::timeout_ticks(std::uint32_t slot, std::uint32_t state) const {
    const abi::service* service = table::table_service(&table_, set_, table::slot_service(&table_.slots[slot]));
    return service ? service->timeout_ticks[state % STATE_LIMIT] : 0;
}

bool TableSide::is_untold(std::uint32_t slot) const {
    if (telling_ == Telling::everything || table::control_state(control(slot)) == STATE_template) return false;
    const abi::service* service = table::table_service(&table_, set_, table::slot_service(&table_.slots[slot]));
    return service && (service->flags & abi::SERVICE_PERSISTENT);
}

std::optional<SyncedConnection> TableSide::read(std::uint32_t slot, const TableTime& time, std::uint64_t& control) const {
    const abi::connection copy = table::table_copy(&table_, slot);
    control = copy.control;
    if (!table::control_live(control, time.tick)) return std::nullopt;
    const abi::service* service = table::table_service(&table_, set_, copy.service);
    const abi::server* server = table::table_server(&table_, set_, copy.server);
    if (!service || !server) return std::nullopt;
    const std::uint32_t state = table::control_state(control);
    const std::int64_t left = static_cast<std::int32_t>(table::control_expires(control) - time.tick);
    SyncedConnection result{.key = {.protocol = copy.protocol,
                                    .client = {address_of(copy.client), client_port_of(copy)},
                                    .destination = {address_of(service->address), swapped(copy.virtual_port)}},
                            .server = {address_of(server->address), swapped(copy.server_port)},
                            .service = key_of(table_, set_, *service),
                            .server_port = swapped(server->port),
                            .state = static_cast<std::uint8_t>(state),
                            .is_template = (copy.flags & abi::CONNECTION_TEMPLATE) != 0,
                            .method = static_cast<model::Method>(server->method),
                            .remaining = time_of(left, time),
                            .age = time_of(std::max<std::int64_t>(std::int64_t{service->timeout_ticks[state]} - left, 0), time)};
    result.fwmark = result.service.fwmark;
    result.assured = result.is_template && table::template_assured(&copy);
    if (result.is_template) result.timeout = std::chrono::seconds{service->persistence_s};
    else std::memcpy(result.client_station.data(), copy.return_mac, result.client_station.size());
    return result;
}

std::uint64_t TableSide::identity_digest(std::uint32_t slot, std::uint64_t control) const {
    const abi::connection copy = table::table_copy(&table_, slot);
    if (copy.control == 0 || !table::control_same(copy.control, control)) return 0;
    const abi::service* service = table::table_service(&table_, set_, copy.service);
    const abi::server* server = table::table_server(&table_, set_, copy.server);
    if (!service || !server) return 0;
    return digest_of(copy.protocol, (copy.flags & abi::CONNECTION_TEMPLATE) != 0, {address_of(copy.client), client_port_of(copy)},
                     {address_of(service->address), swapped(copy.virtual_port)},
                     {address_of(server->address), swapped(copy.server_port)});
}

table::lookup TableSide::lookup_of(const SyncedConnection& connection, const TableTime& time) const {
    const auto service = connection.is_template ? directory_.service(connection.service) : std::nullopt;
    return {.client = abi_address(connection.key.client.address),
            .other = abi_address(connection.key.destination.address),
            .client_port = connection.is_template ? static_cast<std::uint16_t>(service.value_or(0)) : swapped(connection.key.client.port),
            .other_port = swapped(connection.key.destination.port),
            .protocol = connection.key.protocol,
            .flags = static_cast<std::uint8_t>(connection.is_template ? abi::CONNECTION_TEMPLATE : 0),
            .zero = {},
            .now = time.tick,
            .set = set_,
            .hash = 0,
            .control = 0};
}

std::optional<Placed> TableSide::find(const SyncedConnection& connection, const TableTime& time) const {
    table::lookup lookup = lookup_of(connection, time);
    const int slot = table::table_find_request(&table_, &lookup);
    if (slot < 0) return std::nullopt;
    return Placed{static_cast<std::uint32_t>(slot), lookup.control};
}

std::optional<Placed> TableSide::find_ambiguous(const SyncedConnection& connection, const TableTime& time) const {
    table::lookup lookup = lookup_of(connection, time);
    lookup.other = abi_address(connection.server.address);
    lookup.other_port = swapped(connection.server.port);
    const int slot = table::table_find_reply(&table_, &lookup);
    if (slot < 0) return std::nullopt;
    return Placed{static_cast<std::uint32_t>(slot), lookup.control};
}

bool TableSide::same_server(std::uint32_t slot, const SyncedConnection& connection) const {
    const abi::connection copy = table::table_copy(&table_, slot);
    const abi::server* server = table::table_server(&table_, set_, copy.server);
    return copy.control != 0 && server && address_of(server->address) == connection.server.address &&
           swapped(copy.server_port) == connection.server.port;
}

model::Method TableSide::method_here(const SyncedConnection& connection) const {
    const auto service = directory_.service_of(connection);
    const auto server = service ? directory_.server(*service, connection.server_identity()) : std::nullopt;
    const abi::server* row = server ? table::table_server(&table_, set_, *server) : nullptr;
    return row ? static_cast<model::Method>(row->method) : connection.method;
}

std::expected<Placed, KeptOut> TableSide::insert(const SyncedConnection& connection, const TableTime& time) const {
    const bool of_mark = connection.service.fwmark != 0 && connection.service.protocol == model::Protocol::ip;
    if (of_mark != (connection.is_template && connection.key.protocol == 0)) return std::unexpected(KeptOut::not_in_table);
    const auto service = directory_.service_of(connection);
    if (!service) return std::unexpected(KeptOut::no_service);
    const auto server = directory_.server(*service, connection.server_identity());
    if (!server) return std::unexpected(KeptOut::no_server);
    const abi::server* row = table::table_server(&table_, set_, *server);
    if (row->method != static_cast<std::uint8_t>(connection.method)) return std::unexpected(KeptOut::other_method);
    table::lookup lookup = lookup_of(connection, time);
    lookup.hash = table::hash_client(&table_, &lookup.client, lookup.client_port, lookup.protocol);
    // The device is not known and the way was never looked up here; the MAC is where it is tried first (step/way.h).
    table::opening opening{.service = *service,
                           .server = *server,
                           .server_port = swapped(connection.server.port),
                           .state = connection.state,
                           .existed = 0,
                           .timeout = ticks_of(connection.remaining, time),
                           .return_ifindex = 0,
                           .return_generation = 0,
                           .return_mac = {},
                           .return_vlan = 0};
    std::memcpy(opening.return_mac, connection.client_station.data(), sizeof opening.return_mac);
    const int slot = table::table_insert(&table_, &lookup, &opening);
    if (slot == table::TABLE_FULL) return std::unexpected(KeptOut::table_full);
    if (slot == table::TABLE_AMBIGUOUS) return std::unexpected(KeptOut::ambiguous);
    if (slot < 0 || opening.existed) return std::unexpected(KeptOut::contended);
    return Placed{static_cast<std::uint32_t>(slot), lookup.control};
}

std::optional<std::uint64_t> TableSide::change(std::uint32_t slot, std::uint64_t seen, std::uint32_t state,
                                               std::uint32_t expires) const {
    const std::uint64_t next = table::control_with(seen, state, expires);
    if (next == seen) return seen;
    if (!table::swap_state(&table_, &table_.slots[slot], seen, next)) return std::nullopt;
    return next;
}

void TableSide::count_from(std::uint32_t slot, std::uint16_t packets) const { __atomic_store_n(&table_.slots[slot].packets, packets, __ATOMIC_RELAXED); }

void TableSide::assure(const Placed& placed) const { table::template_assure(&table_.slots[placed.slot], placed.control); }

bool TableSide::remove(std::uint32_t slot, std::uint64_t seen, const TableTime& time) const {
    return table::table_remove(&table_, slot, seen, set_, time.tick) == 1;
}

}  // namespace lvx::sync
