#include "api/json_codec.inc"

#include "api/events.hh"

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
#undef LVX_FIELD

LVX_WIRE(EventSnapshot)
LVX_WIRE(BfdSessions)

}  // namespace lvx::api
