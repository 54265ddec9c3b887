// The connection table as sync sees it: slots read as neutral values, values put into slots.  Works on any memory the
// table's header (bpf/table) works on, so tests and the simulator use the very same code as the daemon.
//
// Ids are local: a Directory, made from the active configuration set, turns the key of a service and the endpoint of a
// server into them.
#pragma once

#include <array>
#include <expected>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bpf/table/sweep.h"
#include "sync/connection.hh"

namespace lvx::sync {

// The table's clock at one moment.
struct TableTime {
    std::uint32_t tick = 0;
    std::uint32_t tick_us = 1'024'000;  // how long a tick is
};

class Directory {
 public:
    // Of what `set` of the table holds now; services and servers that are gone but still named by connections included
    // as far as their connections go on.
    static Directory of(const table::table& table, std::uint32_t set);

    [[nodiscard]] std::optional<std::uint32_t> service(const model::ServiceKey& key) const;
    [[nodiscard]] std::optional<std::uint32_t> server(std::uint32_t service, const Endpoint& identity) const;
    // The service a packet to `destination` would be of: a mark's before the address's, its port before port 0; of a mark, the
    // key of the member that names the packet.
    [[nodiscard]] std::optional<model::ServiceKey> serving(std::uint8_t protocol, const Endpoint& destination) const;
    // The same among the packets of one mark.
    [[nodiscard]] std::optional<model::ServiceKey> serving(std::uint32_t mark, std::uint8_t protocol, const Endpoint& destination) const;
    // The row of a connection that another director tells of; its members of a mark need not be ours.
    [[nodiscard]] std::optional<std::uint32_t> service_of(const SyncedConnection& connection) const;

 private:
    struct Hash {
        std::size_t operator()(const model::ServiceKey& key) const;
        std::size_t operator()(const std::pair<std::uint32_t, Endpoint>& key) const;
    };
    std::unordered_map<model::ServiceKey, std::uint32_t, Hash> services_;
    std::unordered_map<model::ServiceKey, std::uint32_t, Hash> marks_;     // of members, by protocol, address and port
    std::unordered_map<std::uint32_t, std::uint32_t> leaders_;             // of members: whose servers they have
    std::unordered_map<std::pair<std::uint32_t, Endpoint>, std::uint32_t, Hash> servers_;
};

// Why a connection of another director has no place here.  X(name, sentence)
#define LVX_SYNC_KEPT_OUT(X)                                                     \
    X(no_service, "its virtual service is not configured here")                   \
    X(no_server, "its real server is not configured here")                        \
    X(other_method, "its real server is reached by another method here")          \
    X(table_full, "no place in the connection table")                             \
    X(contended, "packets kept taking the place it wanted")                       \
    X(ambiguous, "its client port already reaches that real server by another address") \
    X(other_server, "its client already has a connection to another real server here") \
    X(not_in_table, "of a kind this table does not hold")

enum class KeptOut : std::uint8_t {
#define X(name, sentence) name,
    LVX_SYNC_KEPT_OUT(X)
#undef X
        count
};
[[nodiscard]] std::string_view kept_out_name(KeptOut reason);
[[nodiscard]] std::string_view kept_out_sentence(KeptOut reason);

// Of persistent services: connections and templates, or templates alone (IPVS's sync_persist_mode).
enum class Telling : std::uint8_t { everything, templates };

// A place in the table and the control word its connection had.
struct Placed {
    std::uint32_t slot = 0;
    std::uint64_t control = 0;
};

class TableSide {
 public:
    // `table` without the change feed, so that nobody is told what he said himself.
    TableSide(const table::table& table, std::uint32_t set);

    // The configuration changed: `set` is the active one now.
    void learn_ids(std::uint32_t set);
    [[nodiscard]] const Directory& directory() const { return directory_; }
    void tell(Telling what) { telling_ = what; }
    // Whether other directors do not hear of the slot's connection.
    [[nodiscard]] bool is_untold(std::uint32_t slot) const;

    [[nodiscard]] std::uint32_t slots() const { return table_.buckets * SLOTS_PER_BUCKET; }
    [[nodiscard]] std::uint64_t control(std::uint32_t slot) const { return load_control(&table_.slots[slot]); }
    // The slot is looked at soon.
    void fetch(std::uint32_t slot) const { __builtin_prefetch(&table_.slots[slot]); }
    // Where and as which generation the slot's connection was opened: the same wherever the table moves it.
    [[nodiscard]] std::uint64_t birth(std::uint32_t slot) const { return table::slot_birth(&table_.slots[slot]); }
    [[nodiscard]] static std::uint64_t born_as(std::uint32_t slot, std::uint64_t control) { return table::birth_of(slot, control); }
    // Ticks the state of the slot's connection lasts without a packet.
    [[nodiscard]] std::uint32_t timeout_ticks(std::uint32_t slot, std::uint32_t state) const;
    // The live connection of a slot and its control word.
    [[nodiscard]] std::optional<SyncedConnection> read(std::uint32_t slot, const TableTime& time, std::uint64_t& control) const;
    // A number of what the slot's connection is, the same in every director; 0: it is not the one of `control`.
    [[nodiscard]] std::uint64_t identity_digest(std::uint32_t slot, std::uint64_t control) const;

    [[nodiscard]] std::optional<Placed> find(const SyncedConnection& connection, const TableTime& time) const;
    // The one by which a reply to this connection would go to somebody else: of the same client port and real server.
    [[nodiscard]] std::optional<Placed> find_ambiguous(const SyncedConnection& connection, const TableTime& time) const;
    // Whether the slot's connection goes to that very server.
    [[nodiscard]] bool same_server(std::uint32_t slot, const SyncedConnection& connection) const;
    // By which method its server is reached here: IPVS takes the local server's, not the message's.
    [[nodiscard]] model::Method method_here(const SyncedConnection& connection) const;
    // A new connection; its key is not in the table.
    [[nodiscard]] std::expected<Placed, KeptOut> insert(const SyncedConnection& connection, const TableTime& time) const;
    // State and expiry of the connection whose control word is `seen`; the word stored, or nothing when it changed.
    [[nodiscard]] std::optional<std::uint64_t> change(std::uint32_t slot, std::uint64_t seen, std::uint32_t state,
                                                      std::uint32_t expires) const;
    // Packets of the client's that count as seen.
    void count_from(std::uint32_t slot, std::uint16_t packets) const;
    // The slot's template, as IPVS calls it, where a connection of it was established.
    void assure(const Placed& placed) const;
    [[nodiscard]] bool remove(std::uint32_t slot, std::uint64_t seen, const TableTime& time) const;

 private:
    [[nodiscard]] table::lookup lookup_of(const SyncedConnection& connection, const TableTime& time) const;

    table::table table_;
    std::uint32_t set_;
    Directory directory_;
    Telling telling_ = Telling::everything;
};

[[nodiscard]] std::uint64_t digest(const SyncedConnection& connection);
[[nodiscard]] std::uint32_t ticks_of(Milliseconds time, const TableTime& clock);
[[nodiscard]] Milliseconds time_of(std::int64_t ticks, const TableTime& clock);

}  // namespace lvx::sync
