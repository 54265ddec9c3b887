#include "api/json_codec.inc"

#include "api/events.hh"
#include "api/marks.hh"

namespace lvx::api {

#define LVX_FIELD(type, name) Field{std::string_view{#name}, &type::name}
template <> inline constexpr std::tuple fields<EventSnapshot>{
    LVX_FIELD(EventSnapshot, sequence), LVX_FIELD(EventSnapshot, time), LVX_FIELD(EventSnapshot, event),
    LVX_FIELD(EventSnapshot, severity), LVX_FIELD(EventSnapshot, text), LVX_FIELD(EventSnapshot, fields)};
template <> inline constexpr std::tuple fields<BfdSnapshot>{
    LVX_FIELD(BfdSnapshot, name), LVX_FIELD(BfdSnapshot, neighbour), LVX_FIELD(BfdSnapshot, state),
    LVX_FIELD(BfdSnapshot, diagnostic), LVX_FIELD(BfdSnapshot, remote_state), LVX_FIELD(BfdSnapshot, remote_diagnostic),
    LVX_FIELD(BfdSnapshot, since_s), LVX_FIELD(BfdSnapshot, transmit_us), LVX_FIELD(BfdSnapshot, detect_us),
    LVX_FIELD(BfdSnapshot, sent), LVX_FIELD(BfdSnapshot, received), LVX_FIELD(BfdSnapshot, discarded),
    LVX_FIELD(BfdSnapshot, ups), LVX_FIELD(BfdSnapshot, downs)};
template <> inline constexpr std::tuple fields<MarkSnapshot>{
    LVX_FIELD(MarkSnapshot, mark), LVX_FIELD(MarkSnapshot, family), LVX_FIELD(MarkSnapshot, protocol), LVX_FIELD(MarkSnapshot, address),
    LVX_FIELD(MarkSnapshot, first_port), LVX_FIELD(MarkSnapshot, last_port), LVX_FIELD(MarkSnapshot, source), LVX_FIELD(MarkSnapshot, service)};
template <> inline constexpr std::tuple fields<UnfollowedSnapshot>{LVX_FIELD(UnfollowedSnapshot, rule), LVX_FIELD(UnfollowedSnapshot, reason)};
template <> inline constexpr std::tuple fields<MarkToolSnapshot>{
    LVX_FIELD(MarkToolSnapshot, program), LVX_FIELD(MarkToolSnapshot, state), LVX_FIELD(MarkToolSnapshot, failed)};
template <> inline constexpr std::tuple fields<MarksSnapshot>{
    LVX_FIELD(MarksSnapshot, watched), LVX_FIELD(MarksSnapshot, no_notices), LVX_FIELD(MarksSnapshot, members), LVX_FIELD(MarksSnapshot, not_followed),
    LVX_FIELD(MarksSnapshot, not_named), LVX_FIELD(MarksSnapshot, beyond_limit), LVX_FIELD(MarksSnapshot, tools)};
#undef LVX_FIELD

LVX_WIRE(EventSnapshot)
LVX_WIRE(BfdSessions)
LVX_WIRE(MarksSnapshot)

}  // namespace lvx::api
