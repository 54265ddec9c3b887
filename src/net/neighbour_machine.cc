#include "net/neighbour_machine.hh"

#include <algorithm>

#include "net/way_finder.hh"

namespace lvx::net {

namespace {

using States = std::map<NeighbourKey, NeighbourState>;

States states_of(const World& world, const std::set<NeighbourKey>& wanted) {
    States states;
    for (const Neighbour& neighbour : world.neighbours) {
        const NeighbourKey key{neighbour.ifindex, neighbour.address};
        if (wanted.contains(key)) states.emplace(key, neighbour.state);
    }
    return states;
}

// What to do about a neighbour in this state; nothing where the kernel is asking already or need not ask.
std::optional<Question> question_for(const States& states, const NeighbourKey& key) {
    const auto found = states.find(key);
    if (found == states.end()) return Question::resolve;
    switch (found->second) {
        case NeighbourState::failed: return Question::resolve;
        case NeighbourState::stale: return Question::confirm;
        case NeighbourState::incomplete:
        case NeighbourState::reachable:
        case NeighbourState::delay:
        case NeighbourState::probe:
        case NeighbourState::noarp:
        case NeighbourState::permanent: return std::nullopt;
    }
    return std::nullopt;
}

// An unanswered question doubles the pause: 1, 2, 4, 8, 8 ... seconds.
NeighbourAttempt after_question(const NeighbourAttempt& before, Instant now) {
    const std::uint32_t doublings = std::min<std::uint32_t>(before.failures, 3);
    const auto pause = std::min(first_retry * (1 << doublings), longest_retry);
    return {.failures = before.failures + 1, .next = now + pause};
}

bool is_settled(const States& states, const NeighbourKey& key) {
    const auto found = states.find(key);
    return found != states.end() &&
           (found->second == NeighbourState::reachable || found->second == NeighbourState::permanent ||
            found->second == NeighbourState::noarp);
}

void wake_at(NeighbourStep& step, Instant when) { step.wake = step.wake ? std::min(*step.wake, when) : when; }

void consider(NeighbourStep& result, const States& states, const NeighbourKey& key, const NeighbourMemory& memory,
              Instant now) {
    if (is_settled(states, key)) return;  // and what failed before is forgotten
    const auto known = memory.find(key);
    const NeighbourAttempt before = known == memory.end() ? NeighbourAttempt{} : known->second;
    if (known != memory.end()) result.memory.insert(*known);

    const std::optional<Question> question = question_for(states, key);
    if (!question) return;
    if (before.next > now) return wake_at(result, before.next);
    if (result.actions.size() == solicitations_at_once) return wake_at(result, now + crowd_pause);
    result.actions.push_back({key, *question});
    result.memory[key] = after_question(before, now);
    wake_at(result, result.memory[key].next);
}

bool speaks_arp(const World& world, std::uint32_t ifindex) {
    const auto found = world.links.find(ifindex);
    return found != world.links.end() && found->second.up && !found->second.loopback && found->second.mac != Mac{};
}

}  // namespace

NeighbourStep step(const NeighbourMemory& memory, const World& world, const std::set<NeighbourKey>& wanted, Instant now) {
    NeighbourStep result;
    const States states = states_of(world, wanted);
    for (const NeighbourKey& key : wanted) consider(result, states, key, memory, now);
    return result;
}

std::set<NeighbourKey> wanted_neighbours(const World& world, const std::vector<Address>& real_servers) {
    std::set<NeighbourKey> wanted;
    const WayFinder ways(world);
    for (const Address& server : real_servers)
        if (const auto way = ways.to(server)) wanted.insert({way->route_ifindex, way->neighbour});
    for (const Route& route : world.routes)
        if (route.gateway) wanted.insert({route.ifindex, *route.gateway});
    std::erase_if(wanted, [&](const NeighbourKey& key) { return !speaks_arp(world, key.ifindex); });
    return wanted;
}

}  // namespace lvx::net
