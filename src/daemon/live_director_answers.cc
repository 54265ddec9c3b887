// The questions of the API: snapshots of what live_director.cc keeps.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "abi/verdict.h"
#include "daemon/live_director.hh"
#include "daemon/words.hh"

namespace lvx::daemon {

namespace {

constexpr auto verdict_list = std::to_array<std::array<std::string_view, 3>>({
#define X(name, kind, sentence) {#name, #kind, sentence},
    VERDICTS(X)
#undef X
});

constexpr std::size_t problems_shown = 100;

struct Packets {
    std::uint64_t all = 0, sent = 0, dropped = 0;
};

void add(Packets& packets, const api::VerdictSnapshot& verdict) {
    packets.all += verdict.packets;
    if (verdict.kind == "sent") packets.sent += verdict.packets;
    if (verdict.kind == "dropped") packets.dropped += verdict.packets;
}

std::optional<net::Way> way_of(const std::vector<dataplane::ServerWay>& ways, const Address& server) {
    const auto found = std::ranges::lower_bound(ways, server, {}, &dataplane::ServerWay::server);
    return found == ways.end() || found->server != server ? std::nullopt : found->way;
}

template <class Map, class Key>
api::Traffic rates_of(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? api::Traffic{} : found->second.rates();
}

}  // namespace

api::ServerSnapshot LiveDirector::snapshot(const model::ServiceKey& key, const model::Server& server) const {
    const dataplane::ServerTraffic traffic = outside_.dataplane.server_traffic(key, server.endpoint);
    return {.server = server,
            .active = traffic.active,
            .inactive = traffic.inactive,
            .persistent = traffic.persistent,
            .counters = traffic.counters,
            .rates = rates_of(server_rates_, ServerKey{key, server.endpoint}),
            .answers = traffic.answers,
            .neighbour = neighbour_text(outside_.world, way_of(mind_.ways, server.endpoint.address))};
}

api::ServiceSnapshot LiveDirector::snapshot(const model::Service& service) const {
    api::ServiceSnapshot result{.service = service,
                                .counters = outside_.dataplane.service_counters(service.key),
                                .rates = rates_of(service_rates_, service.key)};
    result.service.servers.clear();
    for (const model::Server& server : service.servers) result.servers.push_back(snapshot(service.key, server));
    return result;
}

api::ServicesSnapshot LiveDirector::services() const {
    api::ServicesSnapshot result{.table_size = outside_.dataplane.use().buckets, .timeouts = cluster_.timeouts};
    for (const model::Service& service : cluster_.services) result.services.push_back(snapshot(service));
    return result;
}

std::vector<api::VerdictSnapshot> LiveDirector::verdicts() const {
    std::map<std::pair<std::string, std::string>, api::VerdictSnapshot> counted;
    std::set<std::string> interfaces;
    for (const net::InterfaceChoice& choice : mind_.interfaces) interfaces.insert(choice.name);
    for (api::VerdictSnapshot& verdict : outside_.dataplane.verdicts()) {
        interfaces.insert(verdict.interface);
        counted[{verdict.interface, verdict.name}] = std::move(verdict);
    }
    std::vector<api::VerdictSnapshot> result;
    for (const std::string& interface : interfaces) {
        for (const auto& [name, kind, sentence] : verdict_list) {
            const auto found = counted.find({interface, std::string(name)});
            if (found != counted.end()) result.push_back(found->second);
            else result.push_back({std::string(name), std::string(kind), std::string(sentence), interface, 0, 0});
        }
    }
    return result;
}

// The refusal that keeps the data plane off this interface; nullptr when it is on.
const Error* LiveDirector::refusal_of(const net::InterfaceChoice& choice) const {
    const auto found = std::ranges::find_if(refused_interfaces_, [&](const Error& each) { return names_interface(each, choice.name); });
    return found == refused_interfaces_.end() ? nullptr : &*found;
}

std::vector<api::InterfaceSnapshot> LiveDirector::interfaces() const {
    std::map<std::string, Packets> packets;
    for (const api::VerdictSnapshot& verdict : outside_.dataplane.verdicts()) add(packets[verdict.interface], verdict);
    std::vector<api::InterfaceSnapshot> result;
    for (const net::InterfaceChoice& choice : mind_.interfaces) {
        const Error* refused = refusal_of(choice);
        const Packets& seen = packets[choice.name];
        result.push_back({.name = choice.name,
                          .ifindex = choice.ifindex,
                          .hook = std::string(refused == nullptr ? hook_words(choice.hook) : "none"),
                          .reason = refused == nullptr ? choice.reason : with_hint(*refused),
                          .role = choice.role,
                          .mac = mac_text(choice.mac),
                          .mtu = choice.mtu,
                          .packets = seen.all,
                          .sent = seen.sent,
                          .dropped = seen.dropped});
    }
    return result;
}

std::uint64_t LiveDirector::connections(std::uint64_t from, const api::ConnectionVisitor& visitor) const {
    return outside_.dataplane.connections(from, visitor);
}

api::StatusSnapshot LiveDirector::status() const {
    const dataplane::TableUse use = outside_.dataplane.use();
    Packets packets;
    for (const api::VerdictSnapshot& verdict : outside_.dataplane.verdicts()) add(packets, verdict);
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(outside_.now() - started_);
    const auto refused = std::ranges::count_if(mind_.interfaces, [&](const auto& each) { return refusal_of(each) != nullptr; });
    return {.version = identity_.version,
            .kernel = identity_.kernel,
            .instance = identity_.instance,
            .pid = identity_.pid,
            .uptime_s = static_cast<std::uint64_t>(uptime.count()),
            .configuration_file = identity_.file,
            .configuration_state = configuration_state_,
            .generation = generation_,
            .adopted = outside_.dataplane.adopted(),
            .connections = use.connections,
            .capacity = use.capacity,
            .table_bytes = use.bytes,
            .services = cluster_.services.size(),
            .servers = server_count(cluster_),
            .interfaces = mind_.interfaces.size() - static_cast<std::size_t>(refused),
            .packets = packets.all,
            .sent = packets.sent,
            .dropped = packets.dropped,
            .problems = all_problems()};
}

// A service of a mark that nobody's packets carry is served, and gets nothing.
void LiveDirector::add_problems_of_marks(std::vector<std::string>& problems) const {
    if (!marks_problem_.empty()) problems.push_back(marks_problem_);
    std::set<model::ServiceKey> known;
    for (const model::MarkMember& member : cluster_.marks) known.insert(model::mark_key(member.mark, member.address.family()));
    for (const model::Service& service : cluster_.services)
        if (service.key.fwmark != 0 && !known.contains(service.key))
            problems.push_back(fmt::format("{}: no packets are known to carry this mark; lvx marks shows what is known", service.key.text()));
}

std::vector<std::string> LiveDirector::all_problems() const {
    std::vector<std::string> problems = problems_;
    for (const Error& error : refused_interfaces_) problems.push_back(with_hint(error));
    for (const dataplane::ServerWay& way : mind_.ways)
        if (way.way && !way.way->mac)
            problems.push_back(fmt::format("{}: {}", way.server.text(), neighbour_text(outside_.world, way.way)));
    if (configuration_state_ != "none" && configuration_state_ != "loaded")
        problems.insert(problems.begin(), "the configuration was refused: " + configuration_state_);
    if (tolerated_ != 0)
        problems.push_back(fmt::format("{}: {} mistake{} tolerated, as keepalived does; lvx config check shows them", runs_.record.text.main,
                                       tolerated_, tolerated_ == 1 ? " is" : "s are"));
    add_problems_of_marks(problems);
    if (!store_problem_.empty()) problems.push_back(store_problem_);
    if (state_.pending) problems.push_back(fmt::format("configuration {} waits for its confirmation: lvx config confirm", state_.current));
    if (problems.size() <= problems_shown) return problems;
    const std::size_t more = problems.size() - problems_shown;
    problems.resize(problems_shown);
    problems.push_back(fmt::format("and {} more", more));
    return problems;
}

bool LiveDirector::ways_are_known() const {
    return std::ranges::all_of(mind_.ways, [](const dataplane::ServerWay& way) { return way.way && way.way->mac; });
}

std::string LiveDirector::summary() const {
    std::string interfaces;
    for (const net::InterfaceChoice& choice : mind_.interfaces)
        if (refusal_of(choice) == nullptr) interfaces += (interfaces.empty() ? " on " : ", ") + choice.name;
    const std::size_t services = cluster_.services.size(), servers = server_count(cluster_);
    return fmt::format("{} service{}, {} real server{}{}", services, services == 1 ? "" : "s", servers, servers == 1 ? "" : "s",
                       interfaces.empty() ? ", on no interface" : interfaces);
}

}  // namespace lvx::daemon
