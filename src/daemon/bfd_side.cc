#include "daemon/bfd_side.hh"

#include <algorithm>
#include <chrono>

namespace lvx::daemon {

namespace {

api::BfdSnapshot snapshot_of(const bfd::SessionView& view, bfd::Instant now) {
    const auto count = [](std::chrono::microseconds time) { return static_cast<std::uint64_t>(time.count()); };
    return {.name = view.name,
            .neighbour = view.neighbour.text(),
            .state = std::string(bfd::word(view.state)),
            .diagnostic = std::string(bfd::sentence(view.diagnostic)),
            .remote_state = std::string(bfd::word(view.remote_state)),
            .remote_diagnostic = std::string(bfd::sentence(view.remote_diagnostic)),
            .since_s = static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(now - view.since).count()),
            .transmit_us = count(view.transmit),
            .detect_us = count(view.detect),
            .sent = view.counters.sent,
            .received = view.counters.received,
            .discarded = view.counters.discarded,
            .ups = view.counters.ups,
            .downs = view.counters.downs};
}

}  // namespace

void BfdSide::tell(const model::BfdInstance& session, bool up) const {
    if (session.for_vrrp) outside_.to_routers(session.name, up);
    if (session.for_checks) outside_.to_checks(session.name, up);
}

Result<void> BfdSide::configure(const model::Vrrp& configuration) {
    if (configuration.bfds.empty()) {
        watch_.reset();
        return {};
    }
    if (!watch_) {
        watch_ = TRY(bfd::Watch::start({.changed = [this](const model::BfdInstance& session, bfd::State before, bfd::State after, bfd::Instant) {
                                            tell(session, after == bfd::State::up);
                                            if (before == bfd::State::up && after == bfd::State::down && session.for_vrrp) outside_.peer_dead(session.name);
                                        },
                                        .emit = outside_.emit}));
    }
    TRY(watch_->configure(configuration.bfds));
    configured_ = configuration.bfds;
    tell_again();
    return {};
}

void BfdSide::tell_again() const {
    if (!watch_) return;
    for (const bfd::SessionView& view : watch_->sessions()) {
        const auto session = std::ranges::find(configured_, view.name, &model::BfdInstance::name);
        if (session != configured_.end()) tell(*session, view.state == bfd::State::up);
    }
}

api::BfdSessions BfdSide::sessions() const {
    api::BfdSessions result;
    if (!watch_) return result;
    for (const bfd::SessionView& view : watch_->sessions()) result.push_back(snapshot_of(view, std::chrono::steady_clock::now()));
    return result;
}

}  // namespace lvx::daemon
