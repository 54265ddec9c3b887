// The fields of every struct that travels as JSON, once, for writing and reading alike.  Included by json.cc only.
#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "api/answer.hh"
#include "api/director_view.hh"
#include "api/snapshot.hh"
#include "model/operation.hh"

namespace lvx::api {

template <class Struct, class Member>
struct Field {
    std::string_view name;
    Member Struct::* member;
};

template <class T>
inline constexpr std::tuple<> fields{};

template <class T>
concept Described = std::tuple_size_v<std::remove_cvref_t<decltype(fields<T>)>> > 0;

// A struct's fields as Field{"name", &Struct::name} each.
#define LVX_FIELD(type, name) Field{std::string_view{#name}, &type::name}

template <> inline constexpr std::tuple fields<Endpoint>{LVX_FIELD(Endpoint, address), LVX_FIELD(Endpoint, port)};

template <> inline constexpr std::tuple fields<model::ServiceKey>{
    LVX_FIELD(model::ServiceKey, protocol), LVX_FIELD(model::ServiceKey, address), LVX_FIELD(model::ServiceKey, port),
    LVX_FIELD(model::ServiceKey, fwmark)};

template <> inline constexpr std::tuple fields<model::Tunnel>{
    LVX_FIELD(model::Tunnel, type), LVX_FIELD(model::Tunnel, port), LVX_FIELD(model::Tunnel, checksum)};

template <> inline constexpr std::tuple fields<model::Server>{
    LVX_FIELD(model::Server, endpoint),        LVX_FIELD(model::Server, method),
    LVX_FIELD(model::Server, weight),          LVX_FIELD(model::Server, upper_threshold),
    LVX_FIELD(model::Server, lower_threshold), LVX_FIELD(model::Server, tunnel)};

template <> inline constexpr std::tuple fields<model::Persistence>{
    LVX_FIELD(model::Persistence, timeout), LVX_FIELD(model::Persistence, prefix)};

template <> inline constexpr std::tuple fields<model::Service>{
    LVX_FIELD(model::Service, key),         LVX_FIELD(model::Service, scheduler),
    LVX_FIELD(model::Service, scheduler_flags), LVX_FIELD(model::Service, one_packet),
    LVX_FIELD(model::Service, persistence), LVX_FIELD(model::Service, persistence_engine),
    LVX_FIELD(model::Service, servers)};

template <> inline constexpr std::tuple fields<model::Timeouts>{
    LVX_FIELD(model::Timeouts, tcp), LVX_FIELD(model::Timeouts, tcp_fin), LVX_FIELD(model::Timeouts, udp)};

template <> inline constexpr std::tuple fields<Traffic>{
    LVX_FIELD(Traffic, connections), LVX_FIELD(Traffic, in_packets), LVX_FIELD(Traffic, out_packets),
    LVX_FIELD(Traffic, in_bytes), LVX_FIELD(Traffic, out_bytes)};

template <> inline constexpr std::tuple fields<Answers>{
    LVX_FIELD(Answers, timed), LVX_FIELD(Answers, average_us), LVX_FIELD(Answers, longest_us), LVX_FIELD(Answers, total_us)};

template <> inline constexpr std::tuple fields<ServerSnapshot>{
    LVX_FIELD(ServerSnapshot, server),     LVX_FIELD(ServerSnapshot, active),
    LVX_FIELD(ServerSnapshot, inactive),   LVX_FIELD(ServerSnapshot, persistent),
    LVX_FIELD(ServerSnapshot, counters),   LVX_FIELD(ServerSnapshot, rates), LVX_FIELD(ServerSnapshot, answers),
    LVX_FIELD(ServerSnapshot, neighbour)};

template <> inline constexpr std::tuple fields<ServiceSnapshot>{
    LVX_FIELD(ServiceSnapshot, service), LVX_FIELD(ServiceSnapshot, servers), LVX_FIELD(ServiceSnapshot, counters),
    LVX_FIELD(ServiceSnapshot, rates)};

template <> inline constexpr std::tuple fields<ServicesSnapshot>{
    LVX_FIELD(ServicesSnapshot, table_size), LVX_FIELD(ServicesSnapshot, timeouts),
    LVX_FIELD(ServicesSnapshot, services)};

template <> inline constexpr std::tuple fields<ConnectionSnapshot>{
    LVX_FIELD(ConnectionSnapshot, protocol), LVX_FIELD(ConnectionSnapshot, state),
    LVX_FIELD(ConnectionSnapshot, expires_s), LVX_FIELD(ConnectionSnapshot, client),
    LVX_FIELD(ConnectionSnapshot, virtual_service), LVX_FIELD(ConnectionSnapshot, server)};

template <> inline constexpr std::tuple fields<VerdictSnapshot>{
    LVX_FIELD(VerdictSnapshot, name),      LVX_FIELD(VerdictSnapshot, kind),    LVX_FIELD(VerdictSnapshot, sentence),
    LVX_FIELD(VerdictSnapshot, interface), LVX_FIELD(VerdictSnapshot, packets), LVX_FIELD(VerdictSnapshot, bytes)};

template <> inline constexpr std::tuple fields<InterfaceSnapshot>{
    LVX_FIELD(InterfaceSnapshot, name),   LVX_FIELD(InterfaceSnapshot, ifindex), LVX_FIELD(InterfaceSnapshot, hook),
    LVX_FIELD(InterfaceSnapshot, reason), LVX_FIELD(InterfaceSnapshot, role),    LVX_FIELD(InterfaceSnapshot, mac),
    LVX_FIELD(InterfaceSnapshot, mtu),    LVX_FIELD(InterfaceSnapshot, packets), LVX_FIELD(InterfaceSnapshot, sent),
    LVX_FIELD(InterfaceSnapshot, dropped)};

template <> inline constexpr std::tuple fields<StatusSnapshot>{
    LVX_FIELD(StatusSnapshot, version),            LVX_FIELD(StatusSnapshot, kernel),
    LVX_FIELD(StatusSnapshot, instance),           LVX_FIELD(StatusSnapshot, pid),
    LVX_FIELD(StatusSnapshot, uptime_s),           LVX_FIELD(StatusSnapshot, configuration_file),
    LVX_FIELD(StatusSnapshot, configuration_state), LVX_FIELD(StatusSnapshot, generation),
    LVX_FIELD(StatusSnapshot, adopted),            LVX_FIELD(StatusSnapshot, connections),
    LVX_FIELD(StatusSnapshot, capacity),           LVX_FIELD(StatusSnapshot, table_bytes),
    LVX_FIELD(StatusSnapshot, services),           LVX_FIELD(StatusSnapshot, servers),
    LVX_FIELD(StatusSnapshot, interfaces),         LVX_FIELD(StatusSnapshot, packets),
    LVX_FIELD(StatusSnapshot, sent),               LVX_FIELD(StatusSnapshot, dropped),
    LVX_FIELD(StatusSnapshot, problems)};

template <> inline constexpr std::tuple fields<OperationsOutcome>{LVX_FIELD(OperationsOutcome, executed)};
template <> inline constexpr std::tuple fields<ReloadOutcome>{
    LVX_FIELD(ReloadOutcome, applied), LVX_FIELD(ReloadOutcome, diagnostics)};

template <> inline constexpr std::tuple fields<Problem>{
    LVX_FIELD(Problem, type),   LVX_FIELD(Problem, title), LVX_FIELD(Problem, status), LVX_FIELD(Problem, detail),
    LVX_FIELD(Problem, code),   LVX_FIELD(Problem, hint),  LVX_FIELD(Problem, number), LVX_FIELD(Problem, index)};

template <> inline constexpr std::tuple fields<model::AddService>{LVX_FIELD(model::AddService, service)};
template <> inline constexpr std::tuple fields<model::EditService>{LVX_FIELD(model::EditService, service)};
template <> inline constexpr std::tuple fields<model::DeleteService>{LVX_FIELD(model::DeleteService, key)};
template <> inline constexpr std::tuple fields<model::AddServer>{
    LVX_FIELD(model::AddServer, key), LVX_FIELD(model::AddServer, server)};
template <> inline constexpr std::tuple fields<model::EditServer>{
    LVX_FIELD(model::EditServer, key), LVX_FIELD(model::EditServer, server)};
template <> inline constexpr std::tuple fields<model::DeleteServer>{
    LVX_FIELD(model::DeleteServer, key), LVX_FIELD(model::DeleteServer, endpoint)};
template <> inline constexpr std::tuple fields<model::SetTimeouts>{LVX_FIELD(model::SetTimeouts, timeouts)};
template <> inline constexpr std::tuple fields<model::Zero>{LVX_FIELD(model::Zero, key)};

#undef LVX_FIELD

// Alternatives of model::Operation, in its order.
inline constexpr std::array<std::string_view, std::variant_size_v<model::Operation>> operation_names{
    "add_service", "edit_service", "delete_service", "add_server", "edit_server",
    "delete_server", "flush", "set_timeouts", "zero"};

// Words of an enumeration; the first is the default.
template <class E>
inline constexpr std::array<std::pair<E, std::string_view>, 0> words{};

template <> inline constexpr std::array words<model::Protocol>{
    std::pair{model::Protocol::tcp, std::string_view{"tcp"}}, std::pair{model::Protocol::udp, std::string_view{"udp"}},
    std::pair{model::Protocol::sctp, std::string_view{"sctp"}}, std::pair{model::Protocol::ip, std::string_view{"ip"}}};
template <> inline constexpr std::array words<model::Method>{
    std::pair{model::Method::masq, std::string_view{"masq"}}, std::pair{model::Method::local, std::string_view{"local"}},
    std::pair{model::Method::tunnel, std::string_view{"tunnel"}},
    std::pair{model::Method::route, std::string_view{"route"}}};
template <> inline constexpr std::array words<model::TunnelType>{
    std::pair{model::TunnelType::ipip, std::string_view{"ipip"}}, std::pair{model::TunnelType::gue, std::string_view{"gue"}},
    std::pair{model::TunnelType::gre, std::string_view{"gre"}}};
template <> inline constexpr std::array words<model::TunnelChecksum>{
    std::pair{model::TunnelChecksum::none, std::string_view{"none"}},
    std::pair{model::TunnelChecksum::full, std::string_view{"full"}},
    std::pair{model::TunnelChecksum::remote, std::string_view{"remote"}}};

}  // namespace lvx::api
