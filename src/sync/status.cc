#include "sync/status.hh"

#include <fmt/format.h>

#include <algorithm>

namespace lvx::sync {

std::uint64_t would_lose(const StreamStatus& status) {
    std::uint64_t least = status.connections;
    for (const PeerStatus& peer : status.peers)
        if (peer.phase != Phase::connecting) least = std::min(least, peer.at_risk);
    return least;
}

std::string failover_sentence(const StreamStatus& status) {
    const std::uint64_t lost = would_lose(status);
    const bool nobody = std::ranges::none_of(status.peers, [](const PeerStatus& peer) { return peer.phase != Phase::connecting; });
    if (nobody && lost > 0) return fmt::format("no standby is connected: a failover now would lose all {} connections", lost);
    return fmt::format("a failover now would lose {} connection{}", lost, lost == 1 ? "" : "s");
}

std::string sentence(const SyncEvent& event) {
    switch (event.kind) {
        case SyncEvent::Kind::connected: return fmt::format("director {} is connected", event.peer);
        case SyncEvent::Kind::in_step: return fmt::format("director {} has every connection", event.peer);
        case SyncEvent::Kind::behind: return fmt::format("director {} gets changes late", event.peer);
        case SyncEvent::Kind::cannot_follow: return fmt::format("director {} cannot follow: {}", event.peer, event.detail);
        case SyncEvent::Kind::lost: return fmt::format("lost director {}: {}", event.peer, event.detail);
        case SyncEvent::Kind::refused: return fmt::format("refused a director at {}: {}", event.peer, event.detail);
        case SyncEvent::Kind::drift: return fmt::format("the table of director {} had drifted: {}", event.peer, event.detail);
    }
    return {};
}

}  // namespace lvx::sync
