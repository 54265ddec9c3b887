#include <fmt/chrono.h>
#include <fmt/format.h>

#include "layers/layers.hh"

namespace lvx::layers {
namespace {

std::string server_text(const model::Server& server) {
    return fmt::format("{}, weight {}", model::method_name(server.method), server.weight);
}

std::string drain_text(const model::Override& each) {
    const std::string_view then = each.then == model::AfterDrain::remove ? "removed" : "disabled";
    if (!each.deadline) return fmt::format("draining, then {}", then);
    return fmt::format("draining until {:%Y-%m-%d %H:%M:%S} UTC at the latest, then {}", fmt::gmtime(each.deadline->time_since_epoch().count()), then);
}

}  // namespace

std::string text(const model::Override& each) {
    using model::OverrideKind;
    switch (each.kind) {
        case OverrideKind::service_added: return fmt::format("added, scheduler {}", each.value.scheduler);
        case OverrideKind::service_edited: return fmt::format("edited, scheduler {}", each.value.scheduler);
        case OverrideKind::server_added: return "added, " + server_text(each.server_value);
        case OverrideKind::server_edited: return "edited, " + server_text(each.server_value);
        case OverrideKind::service_removed:
        case OverrideKind::server_removed: return "removed";
        case OverrideKind::weight: return fmt::format("weight {}", each.weight);
        case OverrideKind::drained: return drain_text(each);
        case OverrideKind::disabled: return "disabled";
        case OverrideKind::timeouts:
            return fmt::format("tcp {} tcpfin {} udp {}", each.timeouts.tcp.count(), each.timeouts.tcp_fin.count(), each.timeouts.udp.count());
    }
    return "?";
}

std::string target_text(const model::Override& each) {
    using model::OverrideKind;
    if (each.kind == OverrideKind::timeouts) return "timeouts";
    if (each.kind <= OverrideKind::service_removed) return each.service.text();
    return fmt::format("{} of {}", each.server.text(), each.service.text());
}

}  // namespace lvx::layers
