// Which neighbours to ask for now, so that the MAC addresses of real servers and gateways are known before traffic
// needs them and stay known while none flows: the data plane sends frames without the kernel's neighbour code, which
// therefore sees no use and lets entries go stale and be collected.  A pure function of what is wanted, what the
// kernel has, and the time; the watcher carries the actions out and the kernel does the ARP and NDP.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "net/world.hh"

namespace lvx::net {

using Instant = std::chrono::steady_clock::time_point;

struct NeighbourKey {
    std::uint32_t ifindex = 0;
    Address address;
    auto operator<=>(const NeighbourKey&) const = default;
};

enum class Question : std::uint8_t {
    resolve,  // nothing is known: broadcast ARP or multicast NDP (NTF_USE)
    confirm,  // something old is known and stays in use: unicast probes (NUD_PROBE)
};

struct Solicitation {
    NeighbourKey key;
    Question question = Question::resolve;
    bool operator==(const Solicitation&) const = default;
};

// What is remembered of a neighbour that did not answer.
struct NeighbourAttempt {
    std::uint32_t failures = 0;
    Instant next{};
    bool operator==(const NeighbourAttempt&) const = default;
};

using NeighbourMemory = std::map<NeighbourKey, NeighbourAttempt>;

struct NeighbourStep {
    NeighbourMemory memory;
    std::vector<Solicitation> actions;  // at most solicitations_at_once
    std::optional<Instant> wake;        // when to step again though nothing happens
};

inline constexpr std::chrono::milliseconds first_retry{1000};  // the kernel's own three probes take as long
inline constexpr std::chrono::milliseconds longest_retry{8000};
inline constexpr std::chrono::milliseconds crowd_pause{100};   // when there were more to ask than at once
inline constexpr std::size_t solicitations_at_once = 64;       // each may be a broadcast that a whole network hears

[[nodiscard]] NeighbourStep step(const NeighbourMemory& memory, const World& world, const std::set<NeighbourKey>& wanted,
                                 Instant now);

// Neighbours the traffic of these real servers and their clients needs: next hops of the servers, and every gateway.
[[nodiscard]] std::set<NeighbourKey> wanted_neighbours(const World& world, const std::vector<Address>& real_servers);

}  // namespace lvx::net
