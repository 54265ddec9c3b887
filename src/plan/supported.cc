#include "plan/supported.hh"

#include <fmt/format.h>

#include <cerrno>
#include <set>

#include "bpf/schedule/sequence.h"
#include "plan/schedule/schedule.hh"

namespace lvx::plan {
namespace {

std::unexpected<Error> refused(const model::Service& service, std::string_view why, int code) {
    return refusal(fmt::format("cannot serve {}: {}", service.key.text(), why), code);
}

std::size_t distinct_weights(const model::Service& service) {
    std::set<std::uint32_t> weights;
    for (const model::Server& server : service.servers) weights.insert(server.weight);
    weights.erase(0);
    return weights.size();
}

Result<void> check_service(const model::Service& service) {
    if (service.key.fwmark == 0 && service.key.protocol != model::Protocol::tcp && service.key.protocol != model::Protocol::udp)
        return refused(service, "only TCP and UDP are balanced yet", EOPNOTSUPP);
    if (!scheduler_named(service.scheduler))
        return refused(service, fmt::format("scheduler {} is not built in yet", service.scheduler), EOPNOTSUPP);
    if (service.one_packet) return refused(service, "one-packet scheduling is not built in yet", EOPNOTSUPP);
    if (!service.persistence_engine.empty()) return refused(service, "persistence engines are not built in yet", EOPNOTSUPP);
    if (service.scheduler == "mh" && service.servers.size() > mh_size)
        return refused(service, fmt::format("mh takes at most {} servers", mh_size), EINVAL);
    if (service.scheduler == "wrr" && distinct_weights(service) > abi::SEGMENT_LIMIT)
        return refused(service, fmt::format("wrr takes at most {} different weights", std::size_t{abi::SEGMENT_LIMIT}), ERANGE);
    return {};
}

}  // namespace

Result<void> check_supported(const model::Service& service) {
    TRY(check_service(service));
    std::set<Endpoint> seen;
    for (const model::Server& server : service.servers) {
        const std::string name = server.endpoint.text();
        if (server.method != model::Method::masq)
            return refused(service, fmt::format("{}: only masquerading (NAT) is built in yet", name), EOPNOTSUPP);
        if (server.endpoint.address.family() != service.key.family())
            return refused(service, fmt::format("{}: NAT does not change the address family", name), EINVAL);
        if (!seen.insert(server.endpoint).second)
            return refused(service, fmt::format("{} stands in it twice", name), EEXIST);
    }
    return {};
}

}  // namespace lvx::plan
