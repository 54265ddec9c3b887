// All sessions of the stream: who is listened to, who is called, and which of two sessions with the same director stays.
//
// Two directors that name each other as peers call at the same time.  The session that the one with the smaller node
// number began stays; of two begun by the same one, the newer: the older is a half that does not know yet it is dead.
#pragma once

#include <poll.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "model/site.hh"
#include "sync/gate.hh"
#include "sync/status.hh"
#include "sync/tls_driver.hh"

namespace lvx::sync {

struct PeerLimits {
    std::size_t most_sessions = 16;
    std::size_t most_handshakes = 16;            // of those who came: one more ends the oldest, so that strangers hold no place
    std::size_t most_events = 256;
    std::size_t most_waiting = std::size_t{1} << 20;  // bytes for one socket
    Microseconds handshake{std::chrono::seconds{2}};
    Microseconds shortest_retry{std::chrono::milliseconds{100}}, longest_retry{std::chrono::seconds{2}};
};

class Peers {
 public:
    explicit Peers(const TableSide& table);
    ~Peers();

    [[nodiscard]] Result<void> set(const std::optional<model::StateSync>& settings);
    [[nodiscard]] bool active() const { return settings_.has_value(); }

    void reconsider();
    void note(std::span<const std::uint32_t> slots);
    // One round: takes what came, sends what is to be sent, calls whom there is to call.
    void work(const Moment& moment);
    void collect(std::vector<pollfd>& polls) const;
    // There is more to send than one round took.
    [[nodiscard]] bool busy() const { return busy_; }
    [[nodiscard]] bool connected() const;
    // For strict mode: a standby that was told of the slot's connection, and whether it has said so.
    [[nodiscard]] bool in_step(const Moment& moment) const;
    [[nodiscard]] std::optional<Ticket> ticket(std::uint32_t slot, std::uint64_t control) const;
    [[nodiscard]] Standing standing(const Ticket& ticket) const;
    [[nodiscard]] bool learned() const;
    [[nodiscard]] StreamStatus status(const Moment& moment, std::uint64_t connections) const;
    [[nodiscard]] std::vector<SyncEvent> take_events() { return std::exchange(events_, {}); }

 private:
    struct Connection;
    struct Peer {
        Endpoint endpoint;
        Microseconds next_try{0}, pause{0};
        std::uint64_t node = 0;  // as last seen
        std::uint64_t sessions = 0;
        std::string last_fault;
        Phase told = Phase::connecting;  // in events
        bool learned = false, absent = false;  // absent: its machine says that nobody listens there
    };

    void accept(const Moment& moment);
    void make_room();
    void call(const Moment& moment);
    void work_on(Connection& connection, const Moment& moment);
    void shake_hands(Connection& connection, const Moment& moment);
    void receive(Connection& connection, const Moment& moment);
    void send(Connection& connection, const Moment& moment);
    [[nodiscard]] bool write(Connection& connection);
    void settle_duplicates(Connection& connection);
    void fail(Connection& connection, StreamFault fault, const std::string& detail);
    void tell_phases(const Moment& moment);
    void tell(SyncEvent event);
    void later(Peer& peer, const Moment& moment) const;
    [[nodiscard]] Peer& peer_of(Connection& connection);
    [[nodiscard]] const Connection* session_of(const Peer& peer) const;

    const TableSide& table_;
    Hello self_;
    PeerLimits limits_;
    SessionLimits session_limits_;
    std::optional<model::StateSync> settings_;
    std::optional<TlsContext> tls_;
    Fd listener_;
    std::vector<Peer> peers_;    // configured ones first, then who called besides
    std::size_t configured_ = 0;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::array<std::uint64_t, static_cast<std::size_t>(StreamFault::count)> faults_{};
    std::vector<SyncEvent> events_;
    bool busy_ = false;
    std::uint64_t sessions_ = 0;  // begun so far
};

}  // namespace lvx::sync
