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
        sum.timed += sample.timed;
        sum.total_us += sample.total_us;
    }
    return sum;
}

std::size_t most_ejected(std::size_t servers) { return servers < 2 ? 0 : std::max<std::size_t>(1, servers / 3); }

std::optional<std::string> failures_of(const TrafficSample& sum) {
    if (sum.opened < passive::least_opened) return std::nullopt;
    if (sum.out_packets == 0 && sum.in_packets > 0) return fmt::format("{} connections, no packet back", sum.opened);
    if ((sum.silent + sum.reset) * 100 < sum.opened * passive::bad_percent) return std::nullopt;
    return fmt::format("of {} connections {} got no answer, {} were reset", sum.opened, sum.silent, sum.reset);
}

// What a server takes, where enough was seen to say so.
std::optional<std::uint64_t> answer_us(const TrafficSample& sum) {
    if (sum.timed < passive::least_timed) return std::nullopt;
    return sum.total_us / sum.timed;
}

std::string milliseconds_text(std::uint64_t us) {
    return us < 10'000 ? fmt::format("{}.{} ms", us / 1000, us % 1000 / 100) : fmt::format("{} ms", us / 1000);
}

}  // namespace

TrafficSample PassiveMachine::sum(std::size_t server) const { return total(servers_[server].samples); }

// The median of those that can be judged, of an even number the faster one: of two servers the slow one stands out.
std::optional<std::uint64_t> PassiveMachine::middle_us() const {
    std::vector<std::uint64_t> times;
    for (const Server& server : servers_)
        if (const auto us = answer_us(total(server.samples))) times.push_back(*us);
    if (times.empty()) return std::nullopt;
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / 2);
    std::ranges::nth_element(times, middle);
    return *middle;
}

std::optional<std::string> PassiveMachine::slowness_of(const TrafficSample& sum, std::optional<std::uint64_t> middle) const {
    if (rules_.slow_us == 0 && rules_.slow_times == 0) return std::nullopt;
    const auto us = answer_us(sum);
    if (!us || !middle) return std::nullopt;
    const std::uint64_t bound = std::max({rules_.slow_us, rules_.slow_times * *middle, passive::least_slow_us});
    if (*us <= bound) return std::nullopt;
    return fmt::format("slow: {}, pool {}", milliseconds_text(*us), milliseconds_text(*middle));
}

std::vector<PassiveDecision> PassiveMachine::readmit(Instant now) {
    std::vector<PassiveDecision> decisions;
    for (std::uint32_t i = 0; i < servers_.size(); ++i) {
        Server& server = servers_[i];
        if (!server.ejected_until || now < *server.ejected_until) continue;
        server.ejected_until.reset();
        server.samples.clear();
        decisions.push_back({.server = i, .ejected = {}});
    }
    return decisions;
}

std::vector<PassiveDecision> PassiveMachine::candidates() const {
    const auto middle = middle_us();
    std::vector<PassiveDecision> found;
    for (std::uint32_t i = 0; i < servers_.size(); ++i) {
        if (servers_[i].ejected_until) continue;
        const TrafficSample sum = total(servers_[i].samples);
        auto fault = rules_.failures ? failures_of(sum) : std::nullopt;
        if (!fault) fault = slowness_of(sum, middle);
        if (fault) found.push_back({.server = i, .ejected = std::move(fault)});
    }
    return found;
}

std::vector<PassiveDecision> PassiveMachine::step(const std::vector<TrafficSample>& samples, Instant now) {
    ensure(samples.size() == servers_.size());
    std::vector<PassiveDecision> decisions = readmit(now);
    std::size_t out = 0;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        Server& server = servers_[i];
        if (server.ejected_until) {
            ++out;
            continue;
        }
        server.samples.push_back(samples[i]);
        if (server.samples.size() > passive::window) server.samples.pop_front();
    }
    std::vector<PassiveDecision> bad = candidates();
    if (out + bad.size() > most_ejected(servers_.size())) return decisions;
    for (PassiveDecision& candidate : bad) {
        Server& server = servers_[candidate.server];
        server.ejections = std::min(server.ejections + 1, passive::longest_ejections);
        server.ejected_until = now + rules_.ejection * server.ejections;
        server.samples.clear();
        decisions.push_back(std::move(candidate));
    }
    return decisions;
}

}  // namespace lvx::health
