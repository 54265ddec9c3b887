// Fields of what is told about checks.
#include "api/json_codec.inc"

namespace lvx::api {

#define LVX_FIELD(type, name) Field{std::string_view{#name}, &type::name}

template <> inline constexpr std::tuple fields<CheckSnapshot>{
    LVX_FIELD(CheckSnapshot, pool),    LVX_FIELD(CheckSnapshot, server),   LVX_FIELD(CheckSnapshot, kind),
    LVX_FIELD(CheckSnapshot, target),  LVX_FIELD(CheckSnapshot, state),    LVX_FIELD(CheckSnapshot, result),
    LVX_FIELD(CheckSnapshot, since_s), LVX_FIELD(CheckSnapshot, next_ms),  LVX_FIELD(CheckSnapshot, runs),
    LVX_FIELD(CheckSnapshot, failures), LVX_FIELD(CheckSnapshot, last_us)};
template <> inline constexpr std::tuple fields<ServerHealthSnapshot>{
    LVX_FIELD(ServerHealthSnapshot, pool),    LVX_FIELD(ServerHealthSnapshot, server),
    LVX_FIELD(ServerHealthSnapshot, state),   LVX_FIELD(ServerHealthSnapshot, reason),
    LVX_FIELD(ServerHealthSnapshot, since_s), LVX_FIELD(ServerHealthSnapshot, weight),
    LVX_FIELD(ServerHealthSnapshot, silent),  LVX_FIELD(ServerHealthSnapshot, reset),
    LVX_FIELD(ServerHealthSnapshot, answers)};
template <> inline constexpr std::tuple fields<ChecksSnapshot>{
    LVX_FIELD(ChecksSnapshot, checks), LVX_FIELD(ChecksSnapshot, servers)};

#undef LVX_FIELD

LVX_WIRE(ChecksSnapshot)

}  // namespace lvx::api
