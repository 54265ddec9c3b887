#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "plan/marks.hh"
#include "plan/plan.hh"

namespace lvx::plan {
namespace {

// "weight 1 -> 3", or nothing when they are the same.
template <class T>
void changed(std::vector<std::string>& parts, std::string_view what, const T& before, const T& after) {
    if (before != after) parts.push_back(fmt::format("{} {} -> {}", what, before, after));
}

std::string_view kept_text(const model::Server& server) { return server.leaves ? "leave" : "stay"; }

std::string persistence_text(const model::Service& service) {
    if (!service.persistence) return "off";
    return fmt::format("{} s /{}", service.persistence->timeout.count(), service.persistence->prefix);
}

// What is in `these` and not in `those`, a few by name.
std::string marks_text(std::string_view doing, const model::MarkMembers& these, const model::MarkMembers& those) {
    constexpr std::size_t most = 8;
    std::vector<std::string> names;
    for (const model::MarkMember& each : these)
        if (std::ranges::none_of(those, [&](const model::MarkMember& other) { return same_packets(each, other); })) names.push_back(model::text(each));
    if (names.empty()) return {};
    const std::size_t more = names.size() > most ? names.size() - most : 0;
    names.resize(names.size() - more);
    return fmt::format("{} {}{}", doing, fmt::join(names, ", "), more ? fmt::format(" and {} more", more) : "");
}

struct Teller {
    std::string operator()(const AddService& step) const {
        return fmt::format("add service {}, scheduler {}", step.service.key.text(), step.service.scheduler);
    }
    std::string operator()(const RemoveService& step) const { return fmt::format("remove service {}", step.key.text()); }
    std::string operator()(const ChangeService& step) const {
        std::vector<std::string> parts;
        changed(parts, "scheduler", step.before.scheduler, step.after.scheduler);
        changed(parts, "scheduler flags", step.before.scheduler_flags, step.after.scheduler_flags);
        changed(parts, "one-packet", step.before.one_packet, step.after.one_packet);
        changed(parts, "persistence", persistence_text(step.before), persistence_text(step.after));
        changed(parts, "persistence engine", step.before.persistence_engine, step.after.persistence_engine);
        return fmt::format("change service {}: {}", step.after.key.text(), fmt::join(parts, ", "));
    }
    std::string operator()(const AddServer& step) const {
        return fmt::format("add server {} to {}, {}, weight {}", step.server.endpoint.text(), step.key.text(),
                           model::method_name(step.server.method), step.server.weight);
    }
    std::string operator()(const RemoveServer& step) const {
        return fmt::format("remove server {} from {}", step.endpoint.text(), step.key.text());
    }
    std::string operator()(const ChangeServer& step) const {
        std::vector<std::string> parts;
        changed(parts, "weight", step.before.weight, step.after.weight);
        changed(parts, "method", model::method_name(step.before.method), model::method_name(step.after.method));
        changed(parts, "upper threshold", step.before.upper_threshold, step.after.upper_threshold);
        changed(parts, "lower threshold", step.before.lower_threshold, step.after.lower_threshold);
        if (step.before.tunnel != step.after.tunnel) parts.push_back("tunnel");
        changed(parts, "clients that keep it", kept_text(step.before), kept_text(step.after));
        return fmt::format("change server {} of {}: {}", step.after.endpoint.text(), step.key.text(), fmt::join(parts, ", "));
    }
    std::string operator()(const SetTimeouts& step) const {
        std::vector<std::string> parts;
        changed(parts, "tcp", step.before.tcp.count(), step.after.tcp.count());
        changed(parts, "tcpfin", step.before.tcp_fin.count(), step.after.tcp_fin.count());
        changed(parts, "udp", step.before.udp.count(), step.after.udp.count());
        return fmt::format("set timeouts in seconds: {}", fmt::join(parts, ", "));
    }
    std::string operator()(const SetMarks& step) const {
        std::vector<std::string> parts;
        for (std::string part : {marks_text("no longer", step.before, step.after), marks_text("now", step.after, step.before)})
            if (!part.empty()) parts.push_back(std::move(part));
        if (parts.empty()) parts.emplace_back("another order");
        return fmt::format("packets of firewall marks: {}", fmt::join(parts, "; "));
    }
};

}  // namespace

std::string explain(const std::vector<Step>& steps) {
    std::string text;
    for (const Step& step : steps) text += std::visit(Teller{}, step) + "\n";
    return text;
}

}  // namespace lvx::plan
