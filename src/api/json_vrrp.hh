// Fields of the values about virtual routers (vrrp.hh), as in json_fields.hh.
#pragma once

#include "api/json_fields.hh"
#include "api/vrrp.hh"

namespace lvx::api {

#define LVX_FIELD(type, name) Field{std::string_view{#name}, &type::name}

template <> inline constexpr std::tuple fields<VrrpPathSnapshot>{LVX_FIELD(VrrpPathSnapshot, name), LVX_FIELD(VrrpPathSnapshot, heard)};
template <> inline constexpr std::tuple fields<VrrpCount>{
    LVX_FIELD(VrrpCount, name), LVX_FIELD(VrrpCount, sentence), LVX_FIELD(VrrpCount, count)};
template <> inline constexpr std::tuple fields<VrrpTrackedSnapshot>{
    LVX_FIELD(VrrpTrackedSnapshot, kind), LVX_FIELD(VrrpTrackedSnapshot, name), LVX_FIELD(VrrpTrackedSnapshot, value)};
template <> inline constexpr std::tuple fields<VrrpInstanceSnapshot>{
    LVX_FIELD(VrrpInstanceSnapshot, name),            LVX_FIELD(VrrpInstanceSnapshot, interface),
    LVX_FIELD(VrrpInstanceSnapshot, group),           LVX_FIELD(VrrpInstanceSnapshot, vrid),
    LVX_FIELD(VrrpInstanceSnapshot, version),         LVX_FIELD(VrrpInstanceSnapshot, state),
    LVX_FIELD(VrrpInstanceSnapshot, why),             LVX_FIELD(VrrpInstanceSnapshot, since_ms),
    LVX_FIELD(VrrpInstanceSnapshot, base_priority),   LVX_FIELD(VrrpInstanceSnapshot, priority),
    LVX_FIELD(VrrpInstanceSnapshot, source),          LVX_FIELD(VrrpInstanceSnapshot, master),
    LVX_FIELD(VrrpInstanceSnapshot, master_priority), LVX_FIELD(VrrpInstanceSnapshot, interval_us),
    LVX_FIELD(VrrpInstanceSnapshot, master_interval_us), LVX_FIELD(VrrpInstanceSnapshot, master_down_us),
    LVX_FIELD(VrrpInstanceSnapshot, skew_us),         LVX_FIELD(VrrpInstanceSnapshot, timer_us),
    LVX_FIELD(VrrpInstanceSnapshot, standby),         LVX_FIELD(VrrpInstanceSnapshot, yielded),
    LVX_FIELD(VrrpInstanceSnapshot, preempt),         LVX_FIELD(VrrpInstanceSnapshot, faults),
    LVX_FIELD(VrrpInstanceSnapshot, paths),           LVX_FIELD(VrrpInstanceSnapshot, addresses_held),
    LVX_FIELD(VrrpInstanceSnapshot, counts)};
template <> inline constexpr std::tuple fields<VrrpSnapshot>{
    LVX_FIELD(VrrpSnapshot, configured),    LVX_FIELD(VrrpSnapshot, standby),       LVX_FIELD(VrrpSnapshot, realtime),
    LVX_FIELD(VrrpSnapshot, lease_us),      LVX_FIELD(VrrpSnapshot, late),          LVX_FIELD(VrrpSnapshot, addresses_restored),
    LVX_FIELD(VrrpSnapshot, announcements), LVX_FIELD(VrrpSnapshot, send_failures), LVX_FIELD(VrrpSnapshot, unknown_vrid),
    LVX_FIELD(VrrpSnapshot, longest_gap_us), LVX_FIELD(VrrpSnapshot, instances),    LVX_FIELD(VrrpSnapshot, tracked)};
template <> inline constexpr std::tuple fields<VrrpOrder>{LVX_FIELD(VrrpOrder, instance), LVX_FIELD(VrrpOrder, on)};

#undef LVX_FIELD

}  // namespace lvx::api
