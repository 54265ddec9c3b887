// Fields and words of the values about changes (change.hh, model/override.hh, model/record.hh), as in json_fields.hh.
#pragma once

#include "api/change.hh"
#include "api/json_fields.hh"

namespace lvx::api {

#define LVX_FIELD(type, name) Field{std::string_view{#name}, &type::name}

template <> inline constexpr std::tuple fields<model::Override>{
    LVX_FIELD(model::Override, name),
    LVX_FIELD(model::Override, kind),
    LVX_FIELD(model::Override, service),
    LVX_FIELD(model::Override, server),
    LVX_FIELD(model::Override, value),
    LVX_FIELD(model::Override, server_value),
    LVX_FIELD(model::Override, weight),
    LVX_FIELD(model::Override, timeouts),
    LVX_FIELD(model::Override, then),
    LVX_FIELD(model::Override, deadline),
    LVX_FIELD(model::Override, since),
    LVX_FIELD(model::Override, until),
    LVX_FIELD(model::Override, who)};
template <> inline constexpr std::tuple fields<model::Leaving>{
    LVX_FIELD(model::Leaving, service),
    LVX_FIELD(model::Leaving, server),
    LVX_FIELD(model::Leaving, since),
    LVX_FIELD(model::Leaving, until)};
template <> inline constexpr std::tuple fields<model::Pending>{
    LVX_FIELD(model::Pending, back_to),
    LVX_FIELD(model::Pending, until)};
template <> inline constexpr std::tuple fields<model::RecordHead>{
    LVX_FIELD(model::RecordHead, number), LVX_FIELD(model::RecordHead, when), LVX_FIELD(model::RecordHead, who),
    LVX_FIELD(model::RecordHead, how),    LVX_FIELD(model::RecordHead, main), LVX_FIELD(model::RecordHead, files)};
template <> inline constexpr std::tuple fields<model::RunState>{
    LVX_FIELD(model::RunState, history),
    LVX_FIELD(model::RunState, overrides),
    LVX_FIELD(model::RunState, leaving),
    LVX_FIELD(model::RunState, names_given),
    LVX_FIELD(model::RunState, current),
    LVX_FIELD(model::RunState, file_digest),
    LVX_FIELD(model::RunState, pending)};
template <> inline constexpr std::tuple fields<model::TextFile>{
    LVX_FIELD(model::TextFile, name),
    LVX_FIELD(model::TextFile, text)};
template <> inline constexpr std::tuple fields<model::ConfigurationText>{
    LVX_FIELD(model::ConfigurationText, main),
    LVX_FIELD(model::ConfigurationText, files)};
template <> inline constexpr std::tuple fields<model::Record>{
    LVX_FIELD(model::Record, number),
    LVX_FIELD(model::Record, when),
    LVX_FIELD(model::Record, who),
    LVX_FIELD(model::Record, how),
    LVX_FIELD(model::Record, random_seed),
    LVX_FIELD(model::Record, text)};
template <> inline constexpr std::tuple fields<OverrideSnapshot>{
    LVX_FIELD(OverrideSnapshot, override),
    LVX_FIELD(OverrideSnapshot, target),
    LVX_FIELD(OverrideSnapshot, text),
    LVX_FIELD(OverrideSnapshot, dormant)};
template <> inline constexpr std::tuple fields<LeavingSnapshot>{
    LVX_FIELD(LeavingSnapshot, service),
    LVX_FIELD(LeavingSnapshot, server),
    LVX_FIELD(LeavingSnapshot, since),
    LVX_FIELD(LeavingSnapshot, until),
    LVX_FIELD(LeavingSnapshot, connections)};
template <> inline constexpr std::tuple fields<OverridesSnapshot>{
    LVX_FIELD(OverridesSnapshot, overrides),
    LVX_FIELD(OverridesSnapshot, leaving)};
template <> inline constexpr std::tuple fields<ClearOutcome>{
    LVX_FIELD(ClearOutcome, cleared)};
template <> inline constexpr std::tuple fields<PlanLine>{
    LVX_FIELD(PlanLine, sign),
    LVX_FIELD(PlanLine, what),
    LVX_FIELD(PlanLine, change),
    LVX_FIELD(PlanLine, effect),
    LVX_FIELD(PlanLine, connections),
    LVX_FIELD(PlanLine, cut)};
template <> inline constexpr std::tuple fields<PlanOutcome>{
    LVX_FIELD(PlanOutcome, usable),
    LVX_FIELD(PlanOutcome, diagnostics),
    LVX_FIELD(PlanOutcome, lines),
    LVX_FIELD(PlanOutcome, cut),
    LVX_FIELD(PlanOutcome, drained),
    LVX_FIELD(PlanOutcome, shadowed),
    LVX_FIELD(PlanOutcome, restart),
    LVX_FIELD(PlanOutcome, refusal),
    LVX_FIELD(PlanOutcome, generation)};
template <> inline constexpr std::tuple fields<ApplyRequest>{
    LVX_FIELD(ApplyRequest, text),
    LVX_FIELD(ApplyRequest, confirm_s),
    LVX_FIELD(ApplyRequest, generation)};
template <> inline constexpr std::tuple fields<ApplyOutcome>{
    LVX_FIELD(ApplyOutcome, applied),
    LVX_FIELD(ApplyOutcome, diagnostics),
    LVX_FIELD(ApplyOutcome, number),
    LVX_FIELD(ApplyOutcome, steps),
    LVX_FIELD(ApplyOutcome, shadowed),
    LVX_FIELD(ApplyOutcome, restart),
    LVX_FIELD(ApplyOutcome, confirm_until)};
template <> inline constexpr std::tuple fields<HistoryEntry>{
    LVX_FIELD(HistoryEntry, number),
    LVX_FIELD(HistoryEntry, when),
    LVX_FIELD(HistoryEntry, who),
    LVX_FIELD(HistoryEntry, how),
    LVX_FIELD(HistoryEntry, main),
    LVX_FIELD(HistoryEntry, files),
    LVX_FIELD(HistoryEntry, current),
    LVX_FIELD(HistoryEntry, unconfirmed)};
template <> inline constexpr std::tuple fields<ServerRequest>{
    LVX_FIELD(ServerRequest, action),
    LVX_FIELD(ServerRequest, server),
    LVX_FIELD(ServerRequest, service),
    LVX_FIELD(ServerRequest, weight),
    LVX_FIELD(ServerRequest, then),
    LVX_FIELD(ServerRequest, timeout_s),
    LVX_FIELD(ServerRequest, for_s)};
template <> inline constexpr std::tuple fields<ChangedServer>{
    LVX_FIELD(ChangedServer, service),
    LVX_FIELD(ChangedServer, server),
    LVX_FIELD(ChangedServer, weight_before),
    LVX_FIELD(ChangedServer, weight_after),
    LVX_FIELD(ChangedServer, override)};
template <> inline constexpr std::tuple fields<ServersOutcome>{
    LVX_FIELD(ServersOutcome, servers)};
template <> inline constexpr std::tuple fields<Setting>{
    LVX_FIELD(Setting, object),
    LVX_FIELD(Setting, name),
    LVX_FIELD(Setting, value),
    LVX_FIELD(Setting, origin)};
template <> inline constexpr std::tuple fields<ConfigurationView>{
    LVX_FIELD(ConfigurationView, file),
    LVX_FIELD(ConfigurationView, number),
    LVX_FIELD(ConfigurationView, confirm_until),
    LVX_FIELD(ConfigurationView, settings)};

#undef LVX_FIELD

template <> inline constexpr std::array words<model::OverrideKind>{
    std::pair{model::OverrideKind::service_added, std::string_view{"service_added"}},
    std::pair{model::OverrideKind::service_edited, std::string_view{"service_edited"}},
    std::pair{model::OverrideKind::service_removed, std::string_view{"service_removed"}},
    std::pair{model::OverrideKind::server_added, std::string_view{"server_added"}},
    std::pair{model::OverrideKind::server_edited, std::string_view{"server_edited"}},
    std::pair{model::OverrideKind::server_removed, std::string_view{"server_removed"}},
    std::pair{model::OverrideKind::weight, std::string_view{"weight"}},
    std::pair{model::OverrideKind::drained, std::string_view{"drained"}},
    std::pair{model::OverrideKind::disabled, std::string_view{"disabled"}},
    std::pair{model::OverrideKind::timeouts, std::string_view{"timeouts"}}};
template <> inline constexpr std::array words<model::AfterDrain>{
    std::pair{model::AfterDrain::disable, std::string_view{"disable"}},
    std::pair{model::AfterDrain::remove, std::string_view{"remove"}}};

}  // namespace lvx::api
