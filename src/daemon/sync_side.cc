#include "daemon/sync_side.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lvx::daemon {
namespace {

sync::EngineTable engine_table(const dataplane::TableAccess& access) {
    return {.table = access.table,
            .marks = access.marks,
            .lines = access.lines,
            .feed_word = &access.root->change_feed,
            .active_set = &access.root->active_set,
            .tick = access.tick,
            .tick_us = access.tick_us,
            .configuration = access.configuration,
            .generation = access.generation,
            .opening = {.word = &access.root->opening_end, .jiffies = access.jiffies, .hertz = access.root->hertz},
            .told_packets = &access.root->told_packets,
            .hold_word = access.held_fd >= 0 ? &access.root->hold_answers : nullptr,
            .held_fd = access.held_fd,
            .take_held = access.take_held};
}

sync::KernelRole role_of(const model::SyncDaemon& daemon) {
    return {.interface = daemon.interface,
            .sync_id = daemon.id,
            .max_length = daemon.max_length == model::SyncDaemon{}.max_length ? std::uint16_t{0} : daemon.max_length,
            .group = daemon.group,
            .port = daemon.port,
            .ttl = daemon.ttl};
}

sync::KernelTuning tuning_of(const model::SyncTuning& tuning) {
    return {.threshold = tuning.threshold,
            .period = tuning.period,
            .refresh = tuning.refresh,
            .retries = tuning.retries,
            .ports = tuning.ports,
            .version = tuning.version,
            .templates_only = tuning.persist_mode};
}

sync::KernelRole role_of(const api::SyncDaemonRequest& request) {
    sync::KernelRole role{.interface = request.interface,
                          .sync_id = static_cast<std::uint8_t>(request.sync_id),
                          .max_length = static_cast<std::uint16_t>(request.max_length),
                          .group = request.group.address};
    if (request.group.port != 0) role.port = request.group.port;
    if (request.ttl != 0) role.ttl = static_cast<std::uint8_t>(request.ttl);
    return role;
}

std::unexpected<api::Problem> problem(int code, std::string detail) {
    const char* symbol = strerrorname_np(code);
    return std::unexpected(api::Problem{.title = "Operation refused",
                                        .status = 409,
                                        .detail = std::move(detail),
                                        .code = symbol ? symbol : "EINVAL",
                                        .number = code});
}

model::Event event_of(const sync::SyncEvent& event) {
    using Kind = sync::SyncEvent::Kind;
    switch (event.kind) {
        case Kind::in_step: return model::event(model::EventKind::sync_full_copy, {event.peer, event.detail});
        case Kind::connected: return model::event(model::EventKind::sync_peer_connected, {event.peer});
        case Kind::refused: return model::event(model::EventKind::sync_refused, {event.peer, event.detail});
        case Kind::drift: return model::event(model::EventKind::sync_drift, {event.peer, event.detail});
        case Kind::lost: case Kind::behind: case Kind::cannot_follow: break;
    }
    return model::event(model::EventKind::sync_peer_lost, {event.peer, event.detail});
}

std::uint64_t microseconds(sync::Microseconds time) { return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)); }

api::SyncPeerSnapshot told(const sync::PeerStatus& peer) {
    return {.name = peer.name,
            .phase = std::string(sync::phase_word(peer.phase)),
            .sentence = std::string(sync::phase_sentence(peer.phase)),
            .lag_us = microseconds(peer.lag),
            .round_trip_us = microseconds(peer.round_trip),
            .at_risk = peer.at_risk,
            .kept_out = peer.kept_out,
            .kept_out_here = peer.kept_out_here,
            .drifted = peer.drifted,
            .drifted_here = peer.counters.regions_mended,
            .told = peer.counters.told,
            .heard = peer.counters.made + peer.counters.changed + peer.counters.unchanged,
            .bytes_sent = peer.counters.bytes_sent,
            .bytes_heard = peer.counters.bytes_heard,
            .sessions = peer.sessions,
            .learned = peer.learned,
            .last_fault = peer.last_fault};
}

api::SyncDaemonSnapshot told(const char* name, const sync::KernelRole& role, const sync::KernelCounters& counters) {
    return {.role = name,
            .interface = role.interface,
            .sync_id = role.sync_id,
            .max_length = role.max_length,
            .group = {role.group, role.port},
            .ttl = role.ttl,
            .messages = counters.messages,
            .entries = counters.entries};
}

void add_kept_out(std::vector<api::SyncCount>& counts, const char* subject, const auto& kept_out) {
    for (std::size_t i = 0; i < kept_out.size(); ++i) {
        const auto reason = static_cast<sync::KeptOut>(i);
        if (kept_out[i]) counts.push_back({subject, std::string(kept_out_name(reason)), std::string(kept_out_sentence(reason)), kept_out[i]});
    }
}

std::vector<api::SyncCount> counts_of(const sync::EngineStatus& status) {
    std::vector<api::SyncCount> counts;
    for (std::size_t i = 0; i < status.stream.faults.size(); ++i) {
        const auto fault = static_cast<sync::StreamFault>(i);
        if (status.stream.faults[i]) counts.push_back({"stream", std::string(fault_name(fault)), std::string(fault_sentence(fault)), status.stream.faults[i]});
    }
    const auto& kernel = status.kernel.received;
    for (std::size_t i = 0; i < kernel.faults.size(); ++i) {
        const auto fault = static_cast<sync::kernel::Fault>(i);
        if (kernel.faults[i]) counts.push_back({"kernel", std::string(fault_name(fault)), std::string(fault_sentence(fault)), kernel.faults[i]});
    }
    for (const sync::PeerStatus& peer : status.stream.peers) add_kept_out(counts, "kept_out", peer.counters.kept_out);
    add_kept_out(counts, "kernel_kept_out", kernel.kept_out);
    const sync::GateCounters& strict = status.strict.counters;
#define X(name, sentence) \
    if (strict.name) counts.push_back({"strict", #name, sentence, strict.name});
    LVX_SYNC_GATE_COUNTS(X)
#undef X
    if (status.strict.unsent) counts.push_back({"strict", "unsent", "that the machine would not send", status.strict.unsent});
    return counts;
}

}  // namespace

SyncSide::SyncSide(dataplane::Dataplane& dataplane, model::EmitEvent emit) : emit_(std::move(emit)) {
    if (const auto access = dataplane.table_access()) engine_ = std::make_unique<sync::Engine>(engine_table(*access));
}

SyncSide::~SyncSide() = default;

void SyncSide::refuse(const std::string& what, const Error& error) {
    emit_(model::event(model::EventKind::sync_refused, {what, error.sentence() + (error.hint.empty() ? "" : " (" + error.hint + ")")}));
}

void SyncSide::take_site(const model::Site& site) {
    if (!engine_) return;
    stream_ = site.state_sync;
    if (auto taken = engine_->set_stream(stream_); !taken) refuse("director_sync", taken.error());
    const sync::KernelTuning tuning = tuning_of(site.director.sync);
    if (configured_ == site.globals.sync_daemon && kernel_.tuning == tuning) return;
    sync::KernelSettings settings = kernel_;
    settings.tuning = tuning;
    if (configured_ != site.globals.sync_daemon) {
        configured_ = site.globals.sync_daemon;
        settings = following(settings);
    }
    if (auto used = use(settings); !used) refuse("lvs_sync_daemon", used.error());
}

void SyncSide::router_state(const std::string& instance, bool master) {
    routers_[instance] = master;
    if (!engine_ || !configured_ || configured_->instance != instance) return;
    if (auto used = use(following(kernel_)); !used) refuse("lvs_sync_daemon", used.error());
}

// As keepalived drives IPVS: master or backup with the router; both at once without one.
sync::KernelSettings SyncSide::following(sync::KernelSettings settings) const {
    settings.master = settings.backup = std::nullopt;
    if (!configured_) return settings;
    const bool alone = configured_->instance.empty();
    const auto router = routers_.find(configured_->instance);
    const bool master = router != routers_.end() && router->second;
    if (alone || master) settings.master = role_of(*configured_);
    if (alone || !master) settings.backup = role_of(*configured_);
    return settings;
}

Result<void> SyncSide::use(const sync::KernelSettings& settings) {
    TRY(engine_->set_kernel(settings));
    kernel_ = settings;
    return {};
}

void SyncSide::work() {
    if (!engine_) return;
    for (const sync::SyncEvent& event : engine_->take_events()) emit_(event_of(event));
}

bool SyncSide::learned() const { return !engine_ || engine_->learned(); }

std::string SyncSide::role() const {
    std::string role;
    for (const auto& [name, master] : routers_) role += (role.empty() ? "" : ", ") + std::string(master ? "master of " : "backup of ") + name;
    return role;
}

api::SyncSnapshot SyncSide::sync() const {
    if (!engine_) return {.sentence = "this data plane has no table to synchronise"};
    const sync::EngineStatus status = engine_->status();
    api::SyncSnapshot snapshot{.configured = status.stream.configured,
                               .role = role(),
                               .listening = status.stream.listening ? status.stream.listening->text() : "",
                               .connections = status.stream.connections,
                               .would_lose = would_lose(status.stream),
                               .sentence = failover_sentence(status.stream),
                               .counts = counts_of(status),
                               .strict = status.strict.state,
                               .strict_wait_us = microseconds(status.strict.counters.longest),
                               .opening_lease_ms = static_cast<std::uint64_t>(status.opening_lease.count())};
    for (const sync::PeerStatus& peer : status.stream.peers) snapshot.peers.push_back(told(peer));
    const sync::KernelSettings& kernel = status.kernel.settings;
    if (kernel.master) snapshot.daemons.push_back(told("master", *kernel.master, status.kernel.sent));
    if (kernel.backup) snapshot.daemons.push_back(told("backup", *kernel.backup, status.kernel.received));
    return snapshot;
}

std::expected<void, api::Problem> SyncSide::start_daemon(const api::SyncDaemonRequest& request) {
    if (!engine_) return problem(EOPNOTSUPP, "this data plane has no table to synchronise");
    sync::KernelSettings settings = kernel_;
    auto& role = request.role == "master" ? settings.master : settings.backup;
    if (role) return problem(EEXIST, "the " + request.role + " daemon runs already");
    role = role_of(request);
    if (auto used = use(settings); !used) return problem(used.error().code, used.error().sentence());
    return {};
}

std::expected<void, api::Problem> SyncSide::stop_daemon(const api::SyncDaemonRequest& request) {
    sync::KernelSettings settings = kernel_;
    auto& role = request.role == "master" ? settings.master : settings.backup;
    if (!engine_ || !role) return problem(ESRCH, "no " + request.role + " daemon runs");
    role.reset();
    if (auto used = use(settings); !used) return problem(used.error().code, used.error().sentence());
    return {};
}

}  // namespace lvx::daemon
