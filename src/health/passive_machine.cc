#include "health/passive_machine.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/ensure.hh"

namespace lvx::health {
namespace {

TrafficSample total(const std::deque<TrafficSample>& samples) {
    TrafficSample sum;
    for (const TrafficSample& sample : samples) {
        sum.opened += sample.opened;
        sum.silent += sample.silent;
        sum.reset += sample.reset;
        sum.in_packets += sample.in_packets;
        sum.out_packets += sample.out_packets;
    }
    return sum;
}

std::size_t most_ejected(std::size_t servers) { return servers < 2 ? 0 : std::max<std::size_t>(1, servers / 3); }

}  // namespace

TrafficSample PassiveMachine::sum(std::size_t server) const { return total(servers_[server].samples); }

std::optional<std::string> PassiveMachine::fault_of(const Server& server) const {
    const TrafficSample sum = total(server.samples);
    if (sum.opened < passive::least_opened) return std::nullopt;
    if (sum.out_packets == 0 && sum.in_packets > 0) return fmt::format("{} connections, no packet back", sum.opened);
    if ((sum.silent + sum.reset) * 100 < sum.opened * passive::bad_percent) return std::nullopt;
    return fmt::format("of {} connections {} got no answer, {} were reset", sum.opened, sum.silent, sum.reset);
}

std::vector<PassiveDecision> PassiveMachine::step(const std::vector<TrafficSample>& samples, Instant now) {
    ensure(samples.size() == servers_.size());
    std::vector<PassiveDecision> decisions, candidates;
    std::size_t out = 0;
    for (std::uint32_t i = 0; i < servers_.size(); ++i) {
        Server& server = servers_[i];
        if (server.ejected_until && now >= *server.ejected_until) {
            server.ejected_until.reset();
            server.samples.clear();
            decisions.push_back({.server = i, .ejected = {}});
        }
        if (server.ejected_until) {
            ++out;
            continue;
        }
        server.samples.push_back(samples[i]);
        if (server.samples.size() > passive::window) server.samples.pop_front();
        if (auto fault = fault_of(server)) candidates.push_back({.server = i, .ejected = std::move(fault)});
    }
    if (out + candidates.size() > most_ejected(servers_.size())) return decisions;
    for (PassiveDecision& candidate : candidates) {
        Server& server = servers_[candidate.server];
        const auto longer = passive::first_ejection * static_cast<int>(++server.ejections);
        server.ejected_until = now + std::min<std::chrono::seconds>(longer, passive::longest_ejection);
        decisions.push_back(std::move(candidate));
    }
    return decisions;
}

}  // namespace lvx::health
