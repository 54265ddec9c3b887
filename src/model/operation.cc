#include "model/operation.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "abi/scheduler.h"

namespace lvx::model {
namespace {

using Applied = std::expected<Cluster, int>;

enum class Rules : std::uint8_t { kernel, lvx };

std::unexpected<int> refused(int code) { return std::unexpected(code); }

// 0, or the errno.  The order of the kernel's own checks decides which error wins.
int check_service(const Service& service, Rules rules) {
    const bool has_module = rules == Rules::kernel && scheduler_of_kernel_only(service.scheduler);
    if (!known_scheduler(service.scheduler) && !has_module) return ENOENT;
    if (!service.persistence_engine.empty() && service.persistence_engine != "sip") return ENOENT;
    const unsigned longest = service.key.address.is_v4() ? 32 : 128;
    const unsigned shortest = service.key.address.is_v4() ? 0 : 1;
    if (service.persistence && (service.persistence->prefix < shortest || service.persistence->prefix > longest)) {
        return EINVAL;
    }
    // The kernel takes such a service and then schedules nothing for it; ipvsadm refuses it, and so do we.
    if (service.key.fwmark == 0 && service.key.port == 0 && !service.persistence) return EINVAL;
    if (rules == Rules::lvx && !unsupported(service).empty()) return EOPNOTSUPP;
    return 0;
}

// Neither broadcast, multicast, "this network" nor link-local: what the kernel's routing would call unicast or local.
bool unicast(const Address& address) {
    if (address.is_v4()) {
        const std::uint32_t value = address.v4_value();
        return value >> 24 != 0 && value >> 28 != 0xe && value != 0xffffffff;
    }
    const auto& bytes = address.mapped();
    const bool multicast = bytes[0] == 0xff;
    const bool link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
    const bool unspecified = std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
    return !multicast && !link_local && !unspecified;
}

int check_family(const Service& service, const Server& server) {
    const bool mixed = service.key.family() != server.endpoint.address.family();
    return mixed && server.method != Method::tunnel ? EINVAL : 0;
}

int check_numbers(const Server& server) {
    if (server.weight > INT_MAX || server.lower_threshold > server.upper_threshold) return ERANGE;
    if (server.upper_threshold > INT_MAX) return EINVAL;
    const bool gue = server.method == Method::tunnel && server.tunnel.type == TunnelType::gue;
    return gue && server.tunnel.port == 0 ? EINVAL : 0;
}

Server* find_server(Service& service, const Endpoint& endpoint) {
    const auto found = std::ranges::find(service.servers, endpoint, &Server::endpoint);
    return found == service.servers.end() ? nullptr : &*found;
}

// Each of these changes the cluster or returns an errno and leaves it as it was.

int carry_out(Cluster& cluster, const AddService& operation, Rules rules) {
    if (cluster.find(operation.service.key) != nullptr) return EEXIST;
    if (const int code = check_service(operation.service, rules)) return code;
    cluster.services.push_back(operation.service);
    cluster.services.back().servers.clear();
    return 0;
}

int carry_out(Cluster& cluster, const EditService& operation, Rules rules) {
    Service* service = cluster.find(operation.service.key);
    if (service == nullptr) return ESRCH;
    if (const int code = check_service(operation.service, rules)) return code;
    auto servers = std::move(service->servers);
    *service = operation.service;
    service->servers = std::move(servers);
    return 0;
}

int carry_out(Cluster& cluster, const DeleteService& operation, Rules) {
    return std::erase_if(cluster.services, [&](const Service& s) { return s.key == operation.key; }) > 0 ? 0 : ESRCH;
}

int carry_out(Cluster& cluster, const AddServer& operation, Rules rules) {
    Service* service = cluster.find(operation.key);
    if (service == nullptr) return ESRCH;
    const Server& server = operation.server;
    if (const int code = check_family(*service, server)) return code;
    if (const int code = check_numbers(server)) return code;
    if (find_server(*service, server.endpoint) != nullptr) return EEXIST;
    if (!unicast(server.endpoint.address)) return EINVAL;
    if (rules == Rules::lvx && !unsupported(server).empty()) return EOPNOTSUPP;
    service->servers.push_back(server);
    return 0;
}

int carry_out(Cluster& cluster, const EditServer& operation, Rules rules) {
    Service* service = cluster.find(operation.key);
    if (service == nullptr) return ESRCH;
    if (const int code = check_family(*service, operation.server)) return code;
    if (const int code = check_numbers(operation.server)) return code;
    Server* server = find_server(*service, operation.server.endpoint);
    if (server == nullptr) return ENOENT;
    if (rules == Rules::lvx && !unsupported(operation.server).empty()) return EOPNOTSUPP;
    *server = operation.server;
    return 0;
}

int carry_out(Cluster& cluster, const DeleteServer& operation, Rules) {
    Service* service = cluster.find(operation.key);
    if (service == nullptr) return ESRCH;
    const auto is_it = [&](const Server& server) { return server.endpoint == operation.endpoint; };
    return std::erase_if(service->servers, is_it) > 0 ? 0 : ENOENT;
}

int carry_out(Cluster& cluster, const Flush&, Rules) {
    cluster.services.clear();
    return 0;
}

// The longest a timeout may be: 31 days, as ipvsadm and keepalived have it.
constexpr std::chrono::seconds longest_timeout{2678400};

int carry_out(Cluster& cluster, const SetTimeouts& operation, Rules) {
    using Field = std::chrono::seconds Timeouts::*;
    constexpr std::array<Field, 3> fields = {&Timeouts::tcp, &Timeouts::tcp_fin, &Timeouts::udp};
    Timeouts timeouts = cluster.timeouts;
    for (const Field field : fields) {
        const auto value = operation.timeouts.*field;
        if (value < std::chrono::seconds{0} || value > longest_timeout) return EINVAL;
        if (value != std::chrono::seconds{0}) timeouts.*field = value;
    }
    cluster.timeouts = timeouts;
    return 0;
}

int carry_out(Cluster& cluster, const Zero& operation, Rules) {
    return operation.key && cluster.find(*operation.key) == nullptr ? ESRCH : 0;
}

// What the data plane cannot do yet: one row each.
struct ServiceGap {
    bool (*applies)(const Service&);
    std::string_view sentence;
};

constexpr std::array service_gaps = {
    ServiceGap{[](const Service& s) { return s.key.protocol == Protocol::sctp; }, "SCTP is not supported yet"},
    ServiceGap{[](const Service& s) { return !s.persistence_engine.empty(); },
               "persistence engines are not supported yet"},
    ServiceGap{[](const Service& s) { return s.one_packet; }, "one-packet scheduling is not supported yet"},
};

struct ServerGap {
    Method method;
    std::string_view sentence;
};

constexpr std::array server_gaps = {
    ServerGap{Method::route, "direct routing (DR) is not supported yet, only NAT is"},
    ServerGap{Method::tunnel, "tunneling (TUN) is not supported yet, only NAT is"},
    ServerGap{Method::local, "local delivery is not supported yet, only NAT is"},
};

struct GapOf {
    std::string_view operator()(const AddService& o) const { return unsupported(o.service); }
    std::string_view operator()(const EditService& o) const { return unsupported(o.service); }
    std::string_view operator()(const AddServer& o) const { return unsupported(o.server); }
    std::string_view operator()(const EditServer& o) const { return unsupported(o.server); }
    std::string_view operator()(const auto&) const { return {}; }
};

Applied apply_by(Rules rules, const Cluster& before, const Operation& operation) {
    Cluster after = before;
    const int code = std::visit([&](const auto& one) { return carry_out(after, one, rules); }, operation);
    if (code != 0) return refused(code);
    return after;
}

}  // namespace

std::string_view unsupported(const Service& service) {
    const auto gap = std::ranges::find_if(service_gaps, [&](const auto& row) { return row.applies(service); });
    return gap == service_gaps.end() ? std::string_view{} : gap->sentence;
}

std::string_view unsupported(const Server& server) {
    const auto gap = std::ranges::find(server_gaps, server.method, &ServerGap::method);
    return gap == server_gaps.end() ? std::string_view{} : gap->sentence;
}

std::string_view unsupported(const Operation& operation) { return std::visit(GapOf{}, operation); }

bool known_scheduler(std::string_view name) {
    constexpr std::array names = {
        std::string_view{"none"},
#define X(name, how) std::string_view{#name},
        SCHEDULERS(X)
#undef X
    };
    return std::ranges::find(names, name) != names.end();
}

bool scheduler_of_kernel_only(std::string_view name) {
    constexpr std::array<std::string_view, 8> names = {"dh", "lblc", "lblcr", "sed", "nq", "fo", "ovf", "twos"};
    return !known_scheduler(name) && std::ranges::find(names, name) != names.end();
}

Applied apply(const Cluster& before, const Operation& operation) { return apply_by(Rules::lvx, before, operation); }

Applied apply_as_kernel(const Cluster& before, const Operation& operation) {
    return apply_by(Rules::kernel, before, operation);
}

AppliedList apply_all(Cluster before, std::span<const Operation> operations) {
    AppliedList result{.cluster = std::move(before)};
    for (const Operation& operation : operations) {
        result.refusal = std::visit([&](const auto& one) { return carry_out(result.cluster, one, Rules::lvx); }, operation);
        if (result.refusal != 0) break;
        ++result.executed;
    }
    return result;
}

}  // namespace lvx::model
