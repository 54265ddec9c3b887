#include "health/pool_machine.hh"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "health/names.hh"

namespace lvx::health {
namespace {

using model::EventKind;

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

// A rising weight is not published more often than this.
constexpr Micros rise_pause{100'000};

}  // namespace

PoolMachine::PoolMachine(const model::Pool& pool) : pool_(&pool), servers_(pool.servers.size()) {}

void PoolMachine::prepare(ServerIndex server, ServerMemory memory) { servers_[server] = std::move(memory); }

void PoolMachine::prepare_quorum(bool up, bool sorry_in) {
    quorum_up_ = up;
    sorry_in_ = sorry_in && pool_->sorry;
    carried_ = true;
}

Actions PoolMachine::start(const Starting& starting, Instant now) {
    for (ServerIndex i = 0; i < servers_.size(); ++i) {
        ServerMemory& memory = servers_[i];
        const bool was_up = memory.up;
        memory.up = should_be_up(memory, now);
        if (memory.since == Instant{}) memory.since = now;
        if (memory.up) {
            live_weight_ += weight_of(i);
            ++up_count_;
        }
        const bool changed = carried_ && was_up != memory.up;
        if (changed || (starting.notifies && !carried_)) tell_server(i, memory.up ? notify::Health::up : notify::Health::down);
        if (memory.damped_until || memory.rising_since) watch(i, now);
    }
    if (!carried_) begin_quorum();
    test_panic();
    test_quorum();
    for (ServerMemory& memory : servers_) memory.served = memory.served || (memory.up && !sorry_in_);
    find_wake(now);
    return taken();
}

// As keepalived 2.2 was seen to do: a quorum that is there is told; one that is not only where a sorry server takes over.
void PoolMachine::begin_quorum() {
    quorum_up_ = false;
    if (live_weight_ >= std::int64_t{pool_->quorum} + pool_->hysteresis) return gain_quorum();
    if (pool_->sorry) lose_quorum();
}

Actions PoolMachine::on(const PoolEvent& event, Instant now) {
    std::visit(Overloaded{
                   [&](const CheckFailed& is) {
                       ++servers_[is.server].failed;
                       settle(is.server, is.reason, now);
                   },
                   [&](const CheckRecovered& is) {
                       if (servers_[is.server].failed > 0) --servers_[is.server].failed;
                       settle(is.server, is.reason, now);
                   },
                   [&](const WeightAdded& is) { change_weight(is.server, is.delta, is.reason, now); },
                   [&](const MaintenanceBegan& is) {
                       if (std::exchange(servers_[is.server].maintenance, true)) return;
                       emit(EventKind::maintenance_began, {label(is.server)});
                       settle(is.server, "maintenance", now);
                   },
                   [&](const MaintenanceEnded& is) {
                       if (!std::exchange(servers_[is.server].maintenance, false)) return;
                       emit(EventKind::maintenance_ended, {label(is.server)});
                       settle(is.server, "maintenance ended", now);
                   },
                   [&](const Ejected& is) {
                       if (std::exchange(servers_[is.server].ejected, true)) return;
                       emit(EventKind::server_ejected, {label(is.server), notify::pool_name(*pool_), is.reason});
                       settle(is.server, is.reason, now);
                   },
                   [&](const Readmitted& is) {
                       if (!std::exchange(servers_[is.server].ejected, false)) return;
                       emit(EventKind::server_readmitted, {label(is.server), notify::pool_name(*pool_)});
                       settle(is.server, "readmitted", now);
                   },
               },
               event);
    find_wake(now);
    return taken();
}

Actions PoolMachine::tick(Instant now) {
    const std::vector<ServerIndex> watched = std::exchange(watched_, {});
    for (const ServerIndex index : watched) {
        ServerMemory& memory = servers_[index];
        if (memory.damped_until && now >= *memory.damped_until) {
            memory.damped_until.reset();
            settle(index, "damping ended", now);
        }
        if (memory.rising_since && now - *memory.rising_since >= pool_->slow_start) memory.rising_since.reset();
        if (memory.damped_until || memory.rising_since) watch(index, now);
    }
    find_wake(now);
    return taken();
}

Actions PoolMachine::stop() {
    if (!pool_->omega) return {};
    for (ServerIndex i = 0; i < servers_.size(); ++i) {
        if (servers_[i].up) tell_server(i, notify::Health::down);
    }
    tell_service(notify::Health::down, "Shutting down");
    return taken();
}

bool PoolMachine::should_be_up(const ServerMemory& memory, Instant now) const {
    return memory.failed == 0 && !memory.maintenance && !memory.ejected && !(memory.damped_until && now < *memory.damped_until);
}

// Brings `up` in line with what is known of the server.
void PoolMachine::settle(ServerIndex index, const std::string& reason, Instant now) {
    ServerMemory& memory = servers_[index];
    const bool up = should_be_up(memory, now);
    if (!up && !reason.empty()) memory.reason = reason;
    if (up == memory.up) return;
    memory.reason = reason;
    memory.up = up;
    memory.since = now;
    if (up) go_up(index, now);
    else go_down(index, now);
    test_panic();
    test_quorum();
}

void PoolMachine::go_up(ServerIndex index, Instant now) {
    ServerMemory& memory = servers_[index];
    live_weight_ += weight_of(index);
    ++up_count_;
    memory.served = true;
    if (pool_->slow_start.count() > 0) {
        memory.rising_since = now;
        watch(index, now);
    }
    const bool inhibits = pool_->servers[index].inhibit_on_failure;
    emit(inhibits ? EventKind::server_enabled : EventKind::server_added, {label(index), notify::pool_name(*pool_), memory.reason});
    tell_server(index, notify::Health::up);
}

void PoolMachine::go_down(ServerIndex index, Instant now) {
    ServerMemory& memory = servers_[index];
    live_weight_ -= weight_of(index);
    --up_count_;
    memory.rising_since.reset();
    const bool inhibits = pool_->servers[index].inhibit_on_failure;
    emit(inhibits ? EventKind::server_disabled : EventKind::server_removed, {label(index), notify::pool_name(*pool_), memory.reason});
    tell_server(index, notify::Health::down);
    if (memory.failed > 0) damp(index, now);
}

// A server that went down twice within the time stays down as long.
void PoolMachine::damp(ServerIndex index, Instant now) {
    ServerMemory& memory = servers_[index];
    if (pool_->flap_damping.count() == 0) return;
    if (memory.last_down && now - *memory.last_down < pool_->flap_damping) {
        memory.damped_until = now + pool_->flap_damping;
        emit(EventKind::server_damped, {label(index), notify::pool_name(*pool_), fmt::format("{} s", pool_->flap_damping.count())});
        watch(index, now);
    }
    memory.last_down = now;
}

void PoolMachine::change_weight(ServerIndex index, std::int64_t delta, const std::string& reason, Instant now) {
    ServerMemory& memory = servers_[index];
    const std::int64_t before = weight_of(index);
    memory.delta = delta;
    const std::int64_t after = weight_of(index);
    if (before == after) return;
    emit(EventKind::weight_changed, {label(index), notify::pool_name(*pool_), fmt::format("{}", before), fmt::format("{}", after),
                                     memory.up ? "active" : "inactive", reason});
    if (!memory.up) return;
    live_weight_ += after - before;
    test_quorum();
    if (memory.rising_since) watch(index, now);
}

void PoolMachine::test_panic() {
    const auto total = static_cast<std::uint64_t>(servers_.size());
    const bool panics = pool_->panic_threshold > 0 && std::uint64_t{up_count_} * 100 < total * pool_->panic_threshold;
    if (panics == panics_) return;
    panics_ = panics;
    emit(panics ? EventKind::panic_began : EventKind::panic_ended,
         {notify::pool_name(*pool_), fmt::format("{}", up_count_), fmt::format("{}", total)});
}

void PoolMachine::test_quorum() {
    const std::int64_t quorum = pool_->quorum, hysteresis = pool_->hysteresis;
    if (quorum_up_ && (live_weight_ == 0 || live_weight_ < quorum - hysteresis)) return lose_quorum();
    if (!quorum_up_ && live_weight_ >= quorum + hysteresis) return gain_quorum();
}

void PoolMachine::lose_quorum() {
    quorum_up_ = false;
    const std::string sum = fmt::format("{}-{}={} > {}", pool_->quorum, pool_->hysteresis,
                                        std::int64_t{pool_->quorum} - pool_->hysteresis, live_weight_);
    emit(EventKind::quorum_lost, {notify::pool_name(*pool_), sum});
    if (pool_->sorry) {
        sorry_in_ = true;
        emit(EventKind::sorry_added, {sorry_label(), notify::pool_name(*pool_)});
    }
    tell_service(notify::Health::down, "Lost quorum " + sum);
}

void PoolMachine::gain_quorum() {
    quorum_up_ = true;
    const std::string sum = fmt::format("{}+{}={} <= {}", pool_->quorum, pool_->hysteresis,
                                        std::int64_t{pool_->quorum} + pool_->hysteresis, live_weight_);
    emit(EventKind::quorum_gained, {notify::pool_name(*pool_), sum});
    if (std::exchange(sorry_in_, false)) emit(EventKind::sorry_removed, {sorry_label(), notify::pool_name(*pool_)});
    tell_service(notify::Health::up, "Gained quorum " + sum);
}

void PoolMachine::tell_server(ServerIndex index, notify::Health health) {
    const model::WatchedServer& server = pool_->servers[index];
    actions_.emplace_back(notify::Notice{notify::ServerNotice{
        .server = label(index), .service = notify::pool_name(*pool_), .health = health,
        .command = health == notify::Health::up ? server.notify_up : server.notify_down,
        .mail = server.smtp_alert, .reason = servers_[index].reason}});
}

void PoolMachine::tell_service(notify::Health health, const std::string& sum) {
    actions_.emplace_back(notify::Notice{notify::ServiceNotice{
        .service = notify::pool_name(*pool_), .health = health,
        .command = health == notify::Health::up ? pool_->quorum_up : pool_->quorum_down, .mail = pool_->smtp_alert, .sum = sum}});
}

void PoolMachine::emit(EventKind kind, std::vector<std::string> values) { actions_.emplace_back(model::event(kind, std::move(values))); }

void PoolMachine::watch(ServerIndex index, Instant now) {
    if (std::ranges::find(watched_, index) == watched_.end()) watched_.push_back(index);
    find_wake(now);
}

void PoolMachine::find_wake(Instant now) {
    wake_.reset();
    const auto note = [this](std::optional<Instant> when) {
        if (when && (!wake_ || *when < *wake_)) wake_ = when;
    };
    for (const ServerIndex index : watched_) {
        note(servers_[index].damped_until);
        note(next_rise(index, now));
    }
}

std::int64_t PoolMachine::weight_of(ServerIndex index) const {
    return std::clamp<std::int64_t>(std::int64_t{pool_->servers[index].weight} + servers_[index].delta, 0,
                                    std::numeric_limits<std::int32_t>::max());
}

// Linear, never 0: a server without any connection would tell nothing.
std::uint32_t PoolMachine::risen_weight(ServerIndex index, Instant now) const {
    const std::int64_t full = weight_of(index);
    const ServerMemory& memory = servers_[index];
    const std::int64_t whole = std::chrono::duration_cast<Micros>(pool_->slow_start).count();
    if (!memory.rising_since || whole == 0 || full == 0) return static_cast<std::uint32_t>(full);
    const std::int64_t passed = std::chrono::duration_cast<Micros>(now - *memory.rising_since).count();
    if (passed >= whole) return static_cast<std::uint32_t>(full);
    const double risen = static_cast<double>(full) * static_cast<double>(std::max<std::int64_t>(passed, 0)) / static_cast<double>(whole);
    return static_cast<std::uint32_t>(std::max<std::int64_t>(1, static_cast<std::int64_t>(risen)));
}

std::optional<Instant> PoolMachine::next_rise(ServerIndex index, Instant now) const {
    const ServerMemory& memory = servers_[index];
    if (!memory.rising_since) return std::nullopt;
    const auto step = std::chrono::duration_cast<Micros>(pool_->slow_start) / std::max<std::int64_t>(1, weight_of(index));
    return std::min(now + std::max(step, rise_pause), *memory.rising_since + pool_->slow_start);
}

PoolView PoolMachine::view(Instant now) const {
    PoolView view = {.key = pool_->services.front(), .name = pool_->name, .quorum_up = quorum_up_, .servers = {}};
    const bool sorry_serves = sorry_in_ && !panics_;
    if (sorry_serves) view.sorry = 1;
    else if (pool_->sorry && pool_->sorry->inhibit) view.sorry = 0;
    view.servers.reserve(servers_.size());
    for (ServerIndex i = 0; i < servers_.size(); ++i) {
        const ServerMemory& memory = servers_[i];
        const bool used = (memory.up || (panics_ && !memory.maintenance)) && !sorry_serves;
        const bool waits = !memory.served && is_checked_through(pool_->servers[i]);
        view.servers.push_back({.endpoint = pool_->servers[i].endpoint, .up = memory.up,
                                .in_service = used || waits || stays_when_down(pool_->servers[i]),
                                .weight = used ? risen_weight(i, now) : 0});
    }
    return view;
}

std::string_view PoolMachine::state_word(ServerIndex index, Instant now) const {
    const ServerMemory& memory = servers_[index];
    if (memory.maintenance) return "maintenance";
    if (memory.ejected) return "ejected";
    if (!memory.up && memory.failed == 0 && memory.damped_until && now < *memory.damped_until) return "damped";
    if (!memory.up) return pool_->servers[index].inhibit_on_failure ? "inhibited" : "down";
    return sorry_in_ && !panics_ ? "standing by" : "up";
}

std::string PoolMachine::label(ServerIndex index) const {
    return notify::server_name(pool_->servers[index].endpoint, protocol_of(*pool_));
}

std::string PoolMachine::sorry_label() const { return notify::server_name(pool_->sorry->endpoint, protocol_of(*pool_)); }

Actions PoolMachine::taken() { return std::exchange(actions_, {}); }

}  // namespace lvx::health
