#include "cli/sync.hh"

#include <fmt/format.h>

namespace lvx::cli {

namespace {

std::string time_text(std::uint64_t microseconds) {
    if (microseconds < 10'000) return fmt::format("{:.1f} ms", static_cast<double>(microseconds) / 1000);
    return microseconds < 10'000'000 ? fmt::format("{} ms", microseconds / 1000) : fmt::format("{} s", microseconds / 1'000'000);
}

std::string peer_text(const api::SyncPeerSnapshot& peer) {
    std::string text = fmt::format("peer {}: {} ({})\n", peer.name, peer.phase, peer.sentence);
    if (peer.phase == "connecting") {
        if (!peer.last_fault.empty()) text += fmt::format("    last: {}\n", peer.last_fault);
        return text;
    }
    text += fmt::format("    lag {}, last answer after {}; {} records told, {} heard\n", time_text(peer.lag_us), time_text(peer.round_trip_us),
                        peer.told, peer.heard);
    text += fmt::format("    drift: {} regions mended there, {} here; kept out: {} there, {} here; at risk: {}\n", peer.drifted, peer.drifted_here,
                        peer.kept_out, peer.kept_out_here, peer.at_risk);
    return text;
}

}  // namespace

std::string sync_daemons_text(const api::SyncSnapshot& snapshot) {
    std::string text;
    for (const api::SyncDaemonSnapshot& daemon : snapshot.daemons)
        text += fmt::format("{} sync daemon (mcast={}, syncid={}, maxlen={}, group={}, port={}, ttl={})\n", daemon.role, daemon.interface, daemon.sync_id,
                            daemon.max_length, daemon.group.address.text(), daemon.group.port, daemon.ttl);
    return text;
}

std::string sync_text(const api::SyncSnapshot& snapshot) {
    std::string text;
    if (!snapshot.configured && snapshot.daemons.empty()) text += "no synchronisation is configured (director_sync, lvs_sync_daemon)\n";
    if (!snapshot.role.empty()) text += fmt::format("role: {}\n", snapshot.role);
    if (!snapshot.listening.empty()) text += fmt::format("listening on {}\n", snapshot.listening);
    for (const api::SyncPeerSnapshot& peer : snapshot.peers) text += peer_text(peer);
    if (!snapshot.strict.empty()) text += fmt::format("strict: {}; an answer waited {} at most\n", snapshot.strict, time_text(snapshot.strict_wait_us));
    if (snapshot.opening_lease_ms) text += fmt::format("new connections: only until {} ms after this daemon's last sign of life\n", snapshot.opening_lease_ms);
    text += sync_daemons_text(snapshot);
    for (const api::SyncCount& count : snapshot.counts)
        text += fmt::format("{} {}: {} times: {}\n", count.subject, count.name, count.count, count.sentence);
    return text + fmt::format("{} connections; {}\n", snapshot.connections, snapshot.sentence);
}

}  // namespace lvx::cli
