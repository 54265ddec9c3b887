// Fields of the values about synchronisation (sync.hh), as in json_fields.hh.
#pragma once

#include "api/json_fields.hh"
#include "api/sync.hh"

namespace lvx::api {

#define LVX_FIELD(type, name) Field{std::string_view{#name}, &type::name}

template <> inline constexpr std::tuple fields<SyncPeerSnapshot>{
    LVX_FIELD(SyncPeerSnapshot, name),          LVX_FIELD(SyncPeerSnapshot, phase),         LVX_FIELD(SyncPeerSnapshot, sentence),
    LVX_FIELD(SyncPeerSnapshot, lag_us),        LVX_FIELD(SyncPeerSnapshot, round_trip_us), LVX_FIELD(SyncPeerSnapshot, at_risk),
    LVX_FIELD(SyncPeerSnapshot, kept_out),      LVX_FIELD(SyncPeerSnapshot, kept_out_here), LVX_FIELD(SyncPeerSnapshot, drifted),
    LVX_FIELD(SyncPeerSnapshot, drifted_here),  LVX_FIELD(SyncPeerSnapshot, told),          LVX_FIELD(SyncPeerSnapshot, heard),
    LVX_FIELD(SyncPeerSnapshot, bytes_sent),    LVX_FIELD(SyncPeerSnapshot, bytes_heard),   LVX_FIELD(SyncPeerSnapshot, sessions),
    LVX_FIELD(SyncPeerSnapshot, learned),       LVX_FIELD(SyncPeerSnapshot, last_fault)};
template <> inline constexpr std::tuple fields<SyncDaemonSnapshot>{
    LVX_FIELD(SyncDaemonSnapshot, role),       LVX_FIELD(SyncDaemonSnapshot, interface), LVX_FIELD(SyncDaemonSnapshot, sync_id),
    LVX_FIELD(SyncDaemonSnapshot, max_length), LVX_FIELD(SyncDaemonSnapshot, group),     LVX_FIELD(SyncDaemonSnapshot, ttl),
    LVX_FIELD(SyncDaemonSnapshot, messages),   LVX_FIELD(SyncDaemonSnapshot, entries)};
template <> inline constexpr std::tuple fields<SyncCount>{
    LVX_FIELD(SyncCount, subject), LVX_FIELD(SyncCount, name), LVX_FIELD(SyncCount, sentence), LVX_FIELD(SyncCount, count)};
template <> inline constexpr std::tuple fields<SyncSnapshot>{
    LVX_FIELD(SyncSnapshot, configured), LVX_FIELD(SyncSnapshot, role),     LVX_FIELD(SyncSnapshot, listening),
    LVX_FIELD(SyncSnapshot, connections), LVX_FIELD(SyncSnapshot, would_lose), LVX_FIELD(SyncSnapshot, sentence),
    LVX_FIELD(SyncSnapshot, peers),      LVX_FIELD(SyncSnapshot, daemons),  LVX_FIELD(SyncSnapshot, counts), LVX_FIELD(SyncSnapshot, strict),
    LVX_FIELD(SyncSnapshot, strict_wait_us), LVX_FIELD(SyncSnapshot, opening_lease_ms)};
template <> inline constexpr std::tuple fields<SyncDaemonRequest>{
    LVX_FIELD(SyncDaemonRequest, role),       LVX_FIELD(SyncDaemonRequest, interface), LVX_FIELD(SyncDaemonRequest, sync_id),
    LVX_FIELD(SyncDaemonRequest, max_length), LVX_FIELD(SyncDaemonRequest, ttl),       LVX_FIELD(SyncDaemonRequest, group)};

#undef LVX_FIELD

}  // namespace lvx::api
