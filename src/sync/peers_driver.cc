#include "sync/peers_driver.hh"

#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sync/sockets_driver.hh"

namespace lvx::sync {
namespace {

std::uint64_t random_number() {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != sizeof number) number = static_cast<std::uint64_t>(::getpid());
    return number | 1;
}

enum class Stage : std::uint8_t { connecting, handshake, open, over };

}  // namespace

struct Peers::Connection {
    TlsLink link;
    bool outgoing = false;
    Endpoint remote;
    std::size_t peer = SIZE_MAX;      // index of peers_, once known
    Stage stage = Stage::connecting;
    Microseconds since{0};
    std::optional<Session> session;
    bool settled = false;             // duplicates were looked for
    std::uint64_t serial = 0;         // of the session; 0: none yet
    std::vector<std::uint8_t> waiting;  // bytes the socket has not taken
    std::size_t taken = 0;
};

Peers::Peers(const TableSide& table) : table_(table), self_{.node = random_number(), .boot = random_number()} {}
Peers::~Peers() = default;

// Sessions that go on being configured stay; a changed key or listener begins anew.
Result<void> Peers::set(const std::optional<model::StateSync>& settings) {
    if (settings == settings_) return {};
    std::optional<TlsContext> tls;
    Fd listener;
    if (settings) {
        tls = TRY(TlsContext::make(*settings));
        // A closed listener holds its port as long as the loop waits for it: one that stays is not opened anew.
        const bool stays = settings_ && settings_->listen == settings->listen;
        if (stays) listener = std::move(listener_);
        else if (settings->listen) listener = TRY(listen_tcp(*settings->listen));
    }
    connections_.clear();
    peers_.clear();
    if (settings)
        for (const Endpoint& endpoint : settings->peers) peers_.push_back({.endpoint = endpoint});
    configured_ = peers_.size();
    tls_ = std::move(tls);
    listener_ = std::move(listener);
    settings_ = settings;
    return {};
}

void Peers::reconsider() {
    for (const auto& connection : connections_)
        if (connection->session) connection->session->reconsider();
}

void Peers::note(std::span<const std::uint32_t> slots) {
    for (const auto& connection : connections_) {
        if (!connection->session) continue;
        for (const std::uint32_t slot : slots) connection->session->note(slot);
    }
}

bool Peers::connected() const {
    return std::ranges::any_of(connections_, [](const auto& connection) { return connection->session.has_value(); });
}

bool Peers::learned() const {
    return std::all_of(peers_.begin(), peers_.begin() + static_cast<std::ptrdiff_t>(configured_),
                       [](const Peer& peer) { return peer.learned || peer.absent; });
}

void Peers::collect(std::vector<pollfd>& polls) const {
    if (listener_.valid()) polls.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
    for (const auto& connection : connections_) {
        const bool writes = connection->stage == Stage::connecting || !connection->waiting.empty();
        polls.push_back({.fd = connection->link.socket(), .events = static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), .revents = 0});
    }
}

void Peers::work(const Moment& moment) {
    busy_ = false;
    if (!settings_) return;
    accept(moment);
    call(moment);
    for (const auto& connection : connections_) work_on(*connection, moment);
    std::erase_if(connections_, [](const auto& connection) { return connection->stage == Stage::over; });
    tell_phases(moment);
}

// A director's handshake takes a few milliseconds: it is never the oldest of so many, unless they come by the thousand a
// second.
void Peers::make_room() {
    const auto shakes_hands = [](const auto& connection) { return !connection->outgoing && connection->stage == Stage::handshake; };
    const auto hands = static_cast<std::size_t>(std::ranges::count_if(connections_, shakes_hands));
    if (hands < limits_.most_handshakes) return;
    ++faults_[static_cast<std::size_t>(StreamFault::too_many)];
    (*std::ranges::find_if(connections_, shakes_hands))->stage = Stage::over;  // they stand in the order they came
}

void Peers::accept(const Moment& moment) {
    if (!listener_.valid()) return;
    while (auto accepted = accept_tcp(listener_.get())) {
        make_room();
        connections_.push_back(std::make_unique<Connection>(Connection{.link = TlsLink(*tls_, std::move(accepted->socket), TlsSide::server),
                                                                       .remote = accepted->from,
                                                                       .stage = Stage::handshake,
                                                                       .since = moment.now}));
    }
}

void Peers::call(const Moment& moment) {
    for (std::size_t index = 0; index < configured_; ++index) {
        Peer& peer = peers_[index];
        if (moment.now < peer.next_try) continue;
        const auto is_of_peer = [&](const auto& connection) {
            return connection->peer == index || (connection->session && connection->session->peer() && peer.node != 0 &&
                                                 connection->session->peer()->node == peer.node);
        };
        if (std::ranges::any_of(connections_, is_of_peer)) continue;
        later(peer, moment);
        auto socket = connect_tcp(peer.endpoint);
        if (!socket) {
            peer.last_fault = socket.error().sentence();
            continue;
        }
        connections_.push_back(std::make_unique<Connection>(Connection{.link = TlsLink(*tls_, std::move(*socket), TlsSide::client),
                                                                       .outgoing = true,
                                                                       .remote = peer.endpoint,
                                                                       .peer = index,
                                                                       .since = moment.now}));
    }
}

void Peers::later(Peer& peer, const Moment& moment) const {
    peer.pause = std::clamp(peer.pause * 2, limits_.shortest_retry, limits_.longest_retry);
    peer.next_try = moment.now + peer.pause;
}

void Peers::work_on(Connection& connection, const Moment& moment) {
    if (connection.stage == Stage::connecting) {
        pollfd poll{.fd = connection.link.socket(), .events = POLLOUT, .revents = 0};
        if (::poll(&poll, 1, 0) == 1) {
            if (const int error = connect_error(connection.link.socket())) {
                peers_[connection.peer].absent = error == ECONNREFUSED;
                return fail(connection, StreamFault::lost, std::strerror(error));
            }
            connection.stage = Stage::handshake;
        }
    }
    if (connection.stage == Stage::handshake) shake_hands(connection, moment);
    if (connection.stage != Stage::open && connection.stage != Stage::over && moment.now - connection.since > limits_.handshake)
        return fail(connection, StreamFault::no_handshake, "");
    if (connection.stage != Stage::open) return;
    receive(connection, moment);
    if (connection.stage == Stage::open) send(connection, moment);
}

void Peers::shake_hands(Connection& connection, const Moment& moment) {
    const TlsLink::Progress progress = connection.link.handshake();
    if (progress == TlsLink::Progress::refused) return fail(connection, StreamFault::not_authentic, "");
    if (progress != TlsLink::Progress::done) return;
    const auto has_session = [](const auto& one) { return one->session.has_value(); };
    if (static_cast<std::size_t>(std::ranges::count_if(connections_, has_session)) >= limits_.most_sessions) return fail(connection, StreamFault::too_many, "");
    connection.stage = Stage::open;
    connection.session.emplace(table_, self_, session_limits_, moment);
    connection.serial = ++sessions_;
}

void Peers::receive(Connection& connection, const Moment& moment) {
    constexpr int most_reads = 64;  // of one round: others have their turn
    for (int reads = 0; reads < most_reads; ++reads) {
        const auto bytes = connection.link.read();
        if (!bytes) return fail(connection, connection.session->peer() ? StreamFault::lost : StreamFault::not_authentic, "");
        if (bytes->empty()) break;
        if (auto applied = connection.session->apply(*bytes, moment); !applied) return fail(connection, applied.error(), "");
        if (reads + 1 == most_reads) busy_ = true;
    }
    if (connection.session->peer() && !connection.settled) settle_duplicates(connection);
    if (connection.stage != Stage::open) return;
    if (connection.settled && connection.session->learned()) peer_of(connection).learned = true;
    if (const auto fault = connection.session->overdue(moment)) fail(connection, *fault, "");
}

// Fresh changes are on their way before upkeep begins.
void Peers::send(Connection& connection, const Moment& moment) {
    if (connection.waiting.empty()) connection.waiting = connection.session->diff(moment);
    const bool more = connection.waiting.size() >= session_limits_.at_once;
    if (!write(connection)) return;
    if (more) busy_ = true;
    connection.waiting = connection.session->upkeep(moment);
    (void)write(connection);
}

// Whether the socket has taken all that waited.
bool Peers::write(Connection& connection) {
    while (connection.taken < connection.waiting.size()) {
        const auto taken = connection.link.write(std::span(connection.waiting).subspan(connection.taken));
        if (!taken) return fail(connection, StreamFault::lost, ""), false;
        if (*taken == 0) return false;
        connection.taken += *taken;
    }
    connection.waiting.clear();
    connection.taken = 0;
    return true;
}

// Both sides come to the same decision by themselves.
void Peers::settle_duplicates(Connection& connection) {
    connection.settled = true;
    const std::uint64_t node = connection.session->peer()->node;
    const auto begun_by_smaller = [&](const Connection& one) { return one.outgoing == (self_.node < node); };
    for (const auto& other : connections_) {
        if (other.get() == &connection || !other->settled || !other->session || other->session->peer()->node != node) continue;
        Connection& loser = begun_by_smaller(*other) && !begun_by_smaller(connection) ? connection : *other;
        if (loser.peer < peers_.size()) peers_[loser.peer].node = node;
        FrameWriter farewell;
        farewell.put(Farewell::duplicate);
        (void)loser.link.write(farewell.take());
        ++faults_[static_cast<std::size_t>(StreamFault::duplicate)];
        loser.stage = Stage::over;
        if (&loser == &connection) return;
    }
    Peer& peer = peer_of(connection);
    peer.node = node;
    peer.absent = false;
    peer.pause = Microseconds{0};
    ++peer.sessions;
}

// The configured peer it called; of one that called us, the one known by its node or address; else a new one.
Peers::Peer& Peers::peer_of(Connection& connection) {
    if (connection.peer < peers_.size()) return peers_[connection.peer];
    const std::uint64_t node = connection.session->peer()->node;
    auto found = std::ranges::find_if(peers_, [&](const Peer& peer) { return peer.node == node; });
    if (found == peers_.end())
        found = std::ranges::find_if(peers_, [&](const Peer& peer) { return peer.endpoint.address == connection.remote.address; });
    if (found == peers_.end()) {
        // A guest's entry is used again for the next guest when nobody is on it.
        for (std::size_t guest = configured_; guest < peers_.size() && found == peers_.end(); ++guest)
            if (!session_of(peers_[guest])) found = peers_.begin() + static_cast<std::ptrdiff_t>(guest);
        if (found == peers_.end()) found = peers_.insert(peers_.end(), Peer{});
        *found = Peer{.endpoint = {connection.remote.address, 0}};
    }
    connection.peer = static_cast<std::size_t>(found - peers_.begin());
    return *found;
}

const Peers::Connection* Peers::session_of(const Peer& peer) const {
    const auto index = static_cast<std::size_t>(&peer - peers_.data());
    for (const auto& connection : connections_)
        if (connection->peer == index && connection->settled && connection->stage == Stage::open) return connection.get();
    return nullptr;
}

void Peers::fail(Connection& connection, StreamFault fault, const std::string& detail) {
    connection.stage = Stage::over;
    ++faults_[static_cast<std::size_t>(fault)];
    const std::string text = std::string(fault_sentence(fault)) + (detail.empty() ? "" : ": " + detail);
    const bool known = connection.peer < peers_.size();
    if (connection.session && fault != StreamFault::lost && fault != StreamFault::duplicate) {
        FrameWriter farewell;
        farewell.put(Farewell::refused);
        (void)connection.link.write(farewell.take());
    }
    if (fault == StreamFault::duplicate) {
        if (known && connection.session && connection.session->peer()) peers_[connection.peer].node = connection.session->peer()->node;
        return;
    }
    if (known) peers_[connection.peer].last_fault = text;
    if (known && fault == StreamFault::itself) peers_[connection.peer].next_try += std::chrono::minutes{1};
    if (!known) tell({.kind = SyncEvent::Kind::refused, .peer = connection.remote.address.text(), .detail = text});
    else if (connection.settled) tell({.kind = SyncEvent::Kind::lost, .peer = peers_[connection.peer].endpoint.text(), .detail = text});
}

bool Peers::in_step(const Moment& moment) const {
    return std::ranges::any_of(peers_, [&](const Peer& peer) {
        const Connection* connection = session_of(peer);
        return connection && connection->session->phase(moment) == Phase::in_step;
    });
}

std::optional<Ticket> Peers::ticket(std::uint32_t slot, std::uint64_t control) const {
    for (const auto& connection : connections_) {
        if (!connection->settled || connection->stage != Stage::open || !connection->session->knows(slot, control)) continue;
        return Ticket{.session = connection->serial, .sequence = connection->session->sequence(), .kept_out = connection->session->peer_kept_out()};
    }
    return std::nullopt;
}

Standing Peers::standing(const Ticket& ticket) const {
    for (const auto& connection : connections_) {
        if (connection->serial != ticket.session || connection->stage != Stage::open) continue;
        if (connection->session->acknowledged() < ticket.sequence) return Standing::waits;
        return connection->session->peer_kept_out() > ticket.kept_out ? Standing::keeps_it_out : Standing::has_it;
    }
    return Standing::gone;
}

void Peers::tell(SyncEvent event) {
    if (events_.size() < limits_.most_events) events_.push_back(std::move(event));
}

void Peers::tell_phases(const Moment& moment) {
    for (Peer& peer : peers_) {
        const Connection* connection = session_of(peer);
        const Phase phase = connection ? connection->session->phase(moment) : Phase::connecting;
        if (phase == peer.told) continue;
        const std::string name = peer.endpoint.text();
        const std::string there = connection ? std::to_string(connection->session->counters().told) : "";
        if (peer.told == Phase::connecting) tell({.kind = SyncEvent::Kind::connected, .peer = name, .detail = ""});
        if (phase == Phase::in_step && peer.told != Phase::behind) tell({.kind = SyncEvent::Kind::in_step, .peer = name, .detail = there});
        if (phase == Phase::behind) tell({.kind = SyncEvent::Kind::behind, .peer = name, .detail = std::string(phase_sentence(phase))});
        if (phase == Phase::cannot_follow)
            tell({.kind = SyncEvent::Kind::cannot_follow, .peer = name, .detail = std::string(phase_sentence(phase))});
        peer.told = phase;
    }
}

StreamStatus Peers::status(const Moment& moment, std::uint64_t connections) const {
    StreamStatus status{.configured = settings_.has_value(),
                        .listening = settings_ ? settings_->listen : std::nullopt,
                        .connections = connections,
                        .peers = {},
                        .faults = faults_};
    for (const Peer& peer : peers_) {
        PeerStatus told{.name = peer.endpoint.port ? peer.endpoint.text() : peer.endpoint.address.text(),
                        .at_risk = connections,
                        .sessions = peer.sessions,
                        .learned = peer.learned,
                        .last_fault = peer.last_fault};
        if (const Connection* connection = session_of(peer)) {
            const Session& session = *connection->session;
            told.phase = session.phase(moment);
            told.node = session.peer()->node;
            told.lag = session.lag(moment);
            told.round_trip = session.last_round_trip();
            told.counters = session.counters();
            told.at_risk = session.at_risk();
            if (!session.copied()) told.at_risk = std::max(told.at_risk, connections - std::min(connections, told.counters.told));
            told.at_risk = std::min(told.at_risk, connections);
            told.kept_out = session.peer_kept_out();
            told.drifted = session.peer_drifted();
            told.kept_out_here = session.kept_out_now();
        }
        status.peers.push_back(std::move(told));
    }
    return status;
}

}  // namespace lvx::sync
